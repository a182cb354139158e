import { posix } from 'node:path'

/** The programs that a program runs because its arguments name them: `nice -n 5 rm x` → `rm x`. Most run one or none, find more. */
export function unwrap(argv: string[], input: string | null): string[][] {
  const name = nameOf(argv)
  if (name === 'find')
    return afterExec(argv)
  if (name === 'command' && /^-v/i.test(argv[1] ?? ''))
    return [] // It tells where a program is.
  if (name === 'git')
    return gitRuns(argv)
  if (/^ld(?:-linux[\w-]*|-musl-[\w-]+)?\.so/.test(name))
    return afterOptions(argv, { valued: ['--library-path', '--preload', '--audit', '--argv0'] })
  const wrapper = WRAPPERS.get(name)
  if (!wrapper)
    return []
  const inner = afterOptions(argv, wrapper)
  return name === 'xargs' ? inner.map(words => withInput(words, argv, input)) : inner
}

/** `/usr/bin/rm` → `rm`. */
export function nameOf([program = '']: string[]): string {
  return posix.basename(program)
}

interface Wrapper {
  /** Options that take the next word as their value. */
  valued?: string[]
  /** Plain arguments before the wrapped program: `timeout 5 rm`. */
  own?: number
  /** `env A=1 rm`. */
  assigns?: boolean
  /** The wrapped program is a subcommand's: `npm exec -- rm`, `uv run rm`. */
  after?: string[]
}

/** From the manual pages of coreutils, util-linux, findutils, sudo, strace and the like. */
const WRAPPERS = new Map<string, Wrapper>(Object.entries({
  'busybox': {},
  'toybox': {},
  'builtin': {},
  'command': {},
  'exec': { valued: ['-a'] },
  'nohup': {},
  'setsid': {},
  'time': { valued: ['-f', '-o', '--format', '--output'] },
  'env': { valued: ['-u', '-C', '--unset', '--chdir'], assigns: true },
  'nice': { valued: ['-n', '--adjustment'] },
  'timeout': { valued: ['-k', '-s', '--kill-after', '--signal'], own: 1 },
  'stdbuf': { valued: ['-i', '-o', '-e', '--input', '--output', '--error'] },
  'chroot': { valued: ['--groups', '--userspec'], own: 1 },
  'runcon': { valued: ['-u', '-r', '-t', '-l'], own: 1 },
  'ionice': { valued: ['-c', '-n', '-p', '--class', '--classdata'] },
  'chrt': { valued: ['-T', '-P', '-D'], own: 1 },
  'taskset': { own: 1 },
  'choom': { valued: ['-n', '--adjust'] },
  'setarch': { own: 1 },
  'linux32': {},
  'linux64': {},
  'prlimit': {},
  'setpriv': { valued: ['--reuid', '--regid', '--groups', '--inh-caps', '--ambient-caps', '--bounding-set', '--securebits', '--pdeathsig', '--selinux-label', '--apparmor-profile'] },
  'unshare': { valued: ['-S', '-G', '-R', '-w', '--setuid', '--setgid', '--root', '--wd', '--map-user', '--map-group', '--propagation'] },
  'nsenter': { valued: ['-t', '-S', '-G', '--target', '--setuid', '--setgid'] },
  'flock': { valued: ['-w', '-E', '--timeout', '--conflict-exit-code'], own: 1 },
  'runuser': { valued: ['-u', '-g', '-G', '--user'] },
  'sudo': { valued: ['-u', '-g', '-h', '-p', '-C', '-D', '-R', '-T', '-U', '-r', '-t'], assigns: true },
  'doas': { valued: ['-u', '-C'] },
  'pkexec': { valued: ['--user'] },
  'systemd-run': { valued: ['-p', '-u', '-M', '-E', '--unit', '--property', '--setenv', '--slice', '--uid', '--gid'] },
  'xargs': { valued: ['-n', '-P', '-I', '-L', '-s', '-d', '-a', '-E', '--max-args', '--max-procs', '--max-lines', '--max-chars', '--delimiter', '--arg-file', '--replace'] },
  'parallel': { valued: ['-j', '--jobs', '-I', '-a', '--arg-file', '-N', '-n'] },
  'watch': { valued: ['-n', '--interval'] },
  'strace': { valued: ['-e', '-o', '-p', '-s', '-u', '-E', '-a', '-O', '-P', '-S', '-b', '-I', '-X'] },
  'ltrace': { valued: ['-e', '-o', '-p', '-s', '-u', '-a', '-l', '-x', '-n', '-D', '-F'] },
  'valgrind': {},
  'fakeroot': { valued: ['-l', '-s', '-i', '-b'] },
  'numactl': { valued: ['-N', '-m', '-C', '-i', '-p', '--cpunodebind', '--membind', '--physcpubind', '--interleave', '--preferred'] },
  'dbus-run-session': { valued: ['--config-file', '--dbus-daemon'] },
  'xvfb-run': { valued: ['-n', '-e', '-f', '-p', '-s', '-w', '--server-num', '--server-args', '--error-file'] },
  'unbuffer': {},
  'coproc': {},
  'npx': { valued: ['-p', '--package', '-w', '--workspace'] },
  'npm': { after: ['exec', 'x'], valued: ['--package', '-w', '--workspace'] },
  'pnpm': { after: ['exec', 'dlx'], valued: ['-C', '--dir', '--filter', '-F'] },
  'yarn': { after: ['exec', 'dlx'] },
  'bundle': { after: ['exec'] },
  'poetry': { after: ['run'] },
  'pipenv': { after: ['run'] },
  'uv': { after: ['run'], valued: ['--with', '--python', '-p', '--directory', '--project'] },
} satisfies Record<string, Wrapper>))

function afterOptions(argv: string[], { valued = [], own = 0, assigns = false, after }: Wrapper): string[][] {
  let left = own
  let isAfter = after === undefined
  for (let index = 1; index < argv.length; index++) {
    const word = argv[index] ?? ''
    if (valued.includes(word))
      index++
    else if (isOption(word) || (assigns && /^\w+=/.test(word)))
      continue
    else if (!isAfter && after)
      isAfter = after.includes(word)
    else if (left-- <= 0)
      return [argv.slice(index)]
  }
  return []
}

function isOption(word: string): boolean {
  return word.startsWith('-') || word === ''
}

/** `find . -exec rm -rf {} +` → `rm -rf .`: what it finds is below where it starts. */
function afterExec(argv: string[]): string[][] {
  const firstTest = argv.findIndex((word, index) => index > 0 && (/^-(?![HLPDO])/.test(word) || word === '(' || word === '!'))
  const starts = argv.slice(1, firstTest < 0 ? argv.length : firstTest).filter(word => !word.startsWith('-'))
  return argv.flatMap((word, index) => {
    if (!/^-(?:exec|execdir|ok|okdir)$/.test(word))
      return []
    const rest = argv.slice(index + 1)
    const end = rest.findIndex(one => one === ';' || one === '+')
    const inner = end < 0 ? rest : rest.slice(0, end)
    return inner.length === 0 ? [] : [inner.flatMap(one => one === '{}' && starts.length > 0 ? starts : [one])]
  })
}

/** `git bisect run rm x`. */
function gitRuns(argv: string[]): string[][] {
  const at = argv.findIndex((word, index) => word === 'run' && argv[index - 1] === 'bisect')
  return at > 0 && at + 1 < argv.length ? [argv.slice(at + 1)] : []
}

/** xargs adds what it reads, or puts it where a mark stands (-I), as far as that is known. */
function withInput(inner: string[], argv: string[], input: string | null): string[] {
  const given = (input ?? '').split(/[\s\0]+/).map(word => word.replace(/^(["'])(.*)\1$/, '$2')).filter(Boolean).slice(0, 1000)
  const options = argv.slice(1, argv.length - inner.length)
  const mark = options[options.indexOf('-I') + 1 || options.length] ?? options.flatMap(word => /^(?:-I|--replace=)(.+)$/.exec(word)?.[1] ?? [])[0]
  if (mark === undefined || given.length === 0)
    return [...inner, ...given]
  return inner.flatMap(word => word.includes(mark) ? given.map(one => word.replaceAll(mark, () => one)) : [word])
}
