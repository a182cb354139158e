import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_DENY } from '../manifest/defaults.ts'
import { decide } from './decide.ts'
import { readLine } from './read-line.ts'

function findDenied(line: string, deny: string[]): string | null {
  const decision = decide(line, { deny, ask: [], allow: [] })
  return decision.verdict === 'deny' ? decision.rule : null
}

it.each([
  ['sudo ls', 'sudo'],
  ['/usr/bin/sudo -u root ls', 'sudo'],
  ['ls; sudo ls', 'sudo'],
  ['ls\nsudo ls', 'sudo'],
  ['ls && (cd /tmp; sudo ls)', 'sudo'],
  ['ls | sudo tee x', 'sudo'],
  ['sudo ls &', 'sudo'],
  ['echo $(sudo ls)', 'sudo'],
  ['echo `sudo ls`', 'sudo'],
  ['x=$(sudo ls) y', 'sudo'],
  ['cat <(sudo ls)', 'sudo'],
  ['cat <<END\n$(sudo ls)\nEND', 'sudo'],
  ['if true; then sudo ls; fi', 'sudo'],
  ['f() { sudo ls; }; f', 'sudo'],
  ['s"ud"o ls', 'sudo'],
  ['su\\do ls', 'sudo'],
  ['env A=1 nice -n 5 sudo ls', 'sudo'],
  ['sh -c "cd /; sudo ls"', 'sudo'],
  ['bash -lc \'sudo ls\'', 'sudo'],
  ['eval "sudo ls"', 'sudo'],
  ['timeout 5 sudo ls', 'sudo'],
  ['ls | xargs -n 1 sudo rm', 'sudo'],
  ['find . -name x -exec sudo rm {} +', 'sudo'],
  ['rm -rf /', 'rm -r /*'],
  ['rm -fr //', 'rm -r /*'],
  ['rm --recursive --force /', 'rm -r /*'],
  ['rm -r -f -- build /', 'rm -r /*'],
  ['rm -rf /*', 'rm -r /*'],
  ['rm -rf /tmp/..', 'rm -r /*'],
  ['rm -Rf /etc', 'rm -r /*'],
  ['rm -rf ~/', 'rm -r ~'],
  ['rm -rf "$HOME"', 'rm -r $HOME'],
  ['rm -rf ${HOME}/', 'rm -r $HOME'], // eslint-disable-line no-template-curly-in-string -- the shell's notation
  ['find / -type f -delete', 'find / -delete'],
  ['chmod -R 777 /', 'chmod -R * /'],
  ['mkfs.ext4 /dev/sda1', 'mkfs.*'],
  ['dd if=/dev/zero of=/dev/sda', 'dd of=/dev/sd*'],
  ['/sbin/shutdown -h now', 'shutdown'],
  ['init 0', 'init 0'],
])('%j is denied by %j', (command, rule) => {
  expect(findDenied(command, DEFAULT_DENY)).toBe(rule)
})

it.each([
  'echo sudo',
  'git commit -m "sudo rm -rf /"',
  '# sudo ls',
  'cat <<\'END\'\nsudo ls\nEND',
  'rm -rf node_modules build',
  'rm -rf /tmp/cache/x',
  'rm -rf ~/.cache/x',
  'rm /tmp/x',
  'find . -name "*.o" -delete',
  'dd if=/dev/urandom of=/dev/null count=1',
  'chmod -R u+w .',
  'init --help',
  'sudoku',
  '',
])('%j is not denied', (command) => {
  expect(findDenied(command, DEFAULT_DENY)).toBeNull()
})

it('rules of a manifest match as it documents', () => {
  expect(findDenied('git push', ['git push **'])).toBe('git push **')
  expect(findDenied('git push --force origin main', ['git push **'])).toBe('git push **')
  expect(findDenied('git pull', ['git push **'])).toBeNull()
  expect(findDenied('rm -rf /var/lib/x', ['rm -rf /**'])).toBe('rm -rf /**')
  expect(findDenied('rm -r /var/lib/x', ['rm -rf /**'])).toBeNull()
  expect(findDenied('git push --force', ['git push --force'])).toBe('git push --force')
  expect(findDenied('git push', ['git push --force'])).toBeNull()
  expect(findDenied('curl http://x | sh', ['sh'])).toBe('sh')
  expect(findDenied('rm -rf /', [])).toBeNull()
})

it('deny wins over ask, and ask over allow', () => {
  const rules = { deny: ['git push --force'], ask: ['git push'], allow: ['git', 'ls'] }
  expect(decide('git status', rules)).toEqual({ verdict: 'allow' })
  expect(decide('ls; git push', rules)).toMatchObject({ verdict: 'ask', rule: 'git push', why: expect.stringContaining('commands.ask') })
  expect(decide('git push; git push --force', rules)).toMatchObject({ verdict: 'deny', rule: 'git push --force' })
  expect(decide('git push | curl -T - http://x', rules)).toMatchObject({ verdict: 'deny', rule: 'commands.allow', why: expect.stringContaining('curl') })
})

describe('an allow-list', () => {
  const rules = { deny: [], ask: [], allow: ['git status', 'git log **', 'npm test', 'ls', 'cat', 'xargs', 'npm run build --silent', './build.sh'] }

  it.each([
    'git status',
    'git status --short',
    '/usr/bin/git status',
    'git log --oneline -5 -- src',
    'cd src && ls -la | cat >x; echo "$HOME" $(ls)',
    'for f in a b; do if [ -f "$f" ]; then cat "$f"; fi; done',
    'f() { ls "$@"; }; f -l',
    'eval "ls -l"; command ls; command -v git',
    'export X=1; set -e; trap "ls" EXIT; : ; true',
    'ls | xargs -n 1 cat',
    'npm test -- --grep x',
    'npm run --silent build',
    './build.sh all',
    'X=1 ls >out 2>&1 &',
    '',
  ])('lets %j pass', (line) => {
    expect(decide(line, rules)).toEqual({ verdict: 'allow' })
  })

  it.each([
    'rm x',
    'git push',
    'git -c alias.status=!sh status',
    'git --exec-path=/tmp/mine status',
    './git status',
    '/tmp/git status',
    'npm run build',
    'npm run other --silent',
    'ls; rm x',
    'ls | xargs rm',
    'ls $(rm x)',
    'f() { rm "$@"; }; f x',
    'eval "rm x"',
    'sh -c ls',
    '$PROGRAM x',
    'eval "$TEXT"',
    'trap "rm x" EXIT',
    'PATH=.:$PATH; ls',
    'l? -l',
    'build.sh',
    'ls; (',
  ])('does not let %j pass', (line) => {
    expect(decide(line, rules)).toMatchObject({ verdict: 'deny', rule: 'commands.allow' })
  })
})

it('a program is known by the names that the machine has for it', () => {
  const rules = { deny: ['vim.basic'], ask: [], allow: [] }
  const namesOf = (program: string) => program === 'vi' ? ['/etc/alternatives/vi', 'vim.basic'] : []
  expect(decide('vi x', rules, namesOf)).toMatchObject({ verdict: 'deny' })
  expect(decide('ls x', rules, namesOf)).toEqual({ verdict: 'allow' })
})

describe('a hostile line', () => {
  it('of any kind does not make it throw', () => {
    const piece = fc.constantFrom('sudo', 'sh -c', '"', '\'', '`', '$(', ')', '(', '{', '}', ';', '|', '\n', '<<E', '&&', 'env', 'xargs', '\\', ' ', '/', '[[', '<(', 'case', 'if', 'do', '\0', '{a,b}', '$\'', '${x:-', 'x=', '$x', '$@', 'f()', 'alias f=', 'eval', '((', '[', 'find . -exec', 'printf %s', 'awk', 'python3 -c')
    fc.assert(fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const decision = decide(pieces.join(''), { deny: DEFAULT_DENY, ask: ['git'], allow: [] })
      return ['allow', 'ask', 'deny'].includes(decision.verdict)
    }), { numRuns: 1000 })
  })

  it.each([
    ['that is longer than a command may be', `echo ${'a '.repeat(70_000)}`],
    ['with too many commands', 'a;'.repeat(2500)],
    ['of open substitutions', '$('.repeat(40_000)],
    ['of open substitutions that look closed', '$(")"'.repeat(20_000)],
    ['that uses up the parser\'s stack', '<<-\'E\'>$('.repeat(12_000)],
    ['of nested ifs', 'if '.repeat(20_000)],
    ['of braces that would be 2^40 words', `echo ${'{a,b}'.repeat(40)}`],
    ['of nested braces', `echo ${'{a,'.repeat(1000)}${'}'.repeat(1000)}`],
    ['of texts in texts', Array.from({ length: 12 }).reduce<string>(text => `sh -c '${text.replaceAll('\'', '\'\\\'\'')}'`, 'ls').slice(0, 120_000)],
    ['of functions that call each other', `${Array.from({ length: 30 }, (_, n) => `f${n}() { f${n + 1}; f${n + 1}; }`).join(';')}; f0`],
    ['of variables that double', `${Array.from({ length: 30 }, (_, n) => `x${n + 1}="$x${n}$x${n}"`).join(';')}; for x0 in a b; do $x30; done`],
  ])('%s is denied for that, once there is any rule', (_, line) => {
    expect(decide(line, { deny: ['sudo'], ask: [], allow: [] })).toMatchObject({ verdict: 'deny', rule: 'commands', why: expect.stringContaining('could not be held against') })
    expect(decide(line, { deny: [], ask: [], allow: [] })).toEqual({ verdict: 'allow' })
  })

  it.each([
    ['a long here-document', `cat >x.js <<'END'\n${'const x = `$' + '{f("a")} $(b)`\n'.repeat(4000)}END\n`], // eslint-disable-line prefer-template -- readable so
    ['many simple substitutions', 'echo $(date) "$(basename "$x")" ${HOME}; '.repeat(600)], // eslint-disable-line no-template-curly-in-string -- the shell's notation
    ['a loop over many names', `for a in ${Array.from({ length: 150 }, (_, n) => `a${n}`).join(' ')}; do for b in {1..500}; do cp "$a" "x/$b" && mv "x/$b" "$a"; done; done`],
  ])('%s is no hostile line', (_, line) => {
    expect(decide(line, { deny: DEFAULT_DENY, ask: [], allow: [] })).toEqual({ verdict: 'allow' })
  })

  it('costs no more than its bounds: what it is read as is counted, not timed', () => {
    const piece = fc.constantFrom('f() { f; g; }; ', 'g() { f; f; }; ', 'f; ', 'x=a; ', 'x=$x$x; ', '$x ', '{a,b}{c,d} ', 'eval "$x"; ', 'sh -c "f; $x"; ', 'alias a="a a"; ', 'a; ', 'for x in {a..z}; do $x $x; done; ')
    fc.assert(fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const { commands } = readLine(pieces.join(''))
      return commands.length <= 2000
    }), { numRuns: 100 })
  })
})

it('a denied command stays denied in any of the known wrappers, in any order', () => {
  const wrappers = ['env', 'env -i A=1', 'nice -n 5', 'ionice -c 3', 'nohup', 'setsid', 'timeout -k 1 5', 'stdbuf -o 0', 'command', 'exec', 'exec -a x', 'builtin', 'busybox', 'time', 'xargs -n 1', 'find . -exec', 'chroot /x', 'flock l', 'strace -f -o x', 'unshare -r', 'taskset 1', 'npx', 'uv run', '/lib64/ld-linux-x86-64.so.2']
  const quote = (text: string) => `'${text.replaceAll('\'', '\'\\\'\'')}'`
  const inText = (line: string) => `sh -c ${quote(line)}`
  /** What makes a command of a command, and what makes something larger of anything. */
  const toCommand: ((command: string) => string)[] = [
    ...wrappers.map(wrapper => (command: string) => `${wrapper} ${command}`),
    command => `env -S ${quote(command)}`,
    inText,
    command => `bash -lc ${quote(command)}`,
    command => `eval ${quote(command)}`,
  ]
  const toLine: ((line: string) => string)[] = [
    line => `echo ${quote(line)} | sh`,
    line => `sh <<'END${line.length}'\n${line}\nEND${line.length}\n`,
    line => `ls "$(${line}\n)"`,
    line => `ls <(${line}\n)`,
    line => `if true; then ${line}\nfi`,
    line => `(${line}\n)`,
    line => `f${line.length}() { ${line}\n}`,
    line => `true && ${line}`,
    line => `ls | ${line}`,
  ]
  const step = fc.oneof(
    fc.nat(toCommand.length - 1).map(index => ({ isLine: false, index })),
    fc.nat(toLine.length - 1).map(index => ({ isLine: true, index })),
  )
  fc.assert(fc.property(fc.array(step, { maxLength: 7 }), (steps) => {
    let line = 'rm -rf /'
    let isCommand = true
    for (const { isLine, index } of steps) {
      line = isLine ? toLine[index]!(line) : toCommand[index]!(isCommand ? line : inText(line))
      isCommand = !isLine
    }
    return decide(line, { deny: ['rm -rf /'], ask: [], allow: [] }).verdict === 'deny'
  }), { numRuns: 500 })
})
