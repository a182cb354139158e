import fc from 'fast-check'
import { expect, it } from 'vitest'
import { DEFAULT_DENY } from './manifest/defaults.ts'
import { findDenied } from './policy.ts'

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

it('it is a seat belt: what only running it could tell goes past, and the sandbox stands behind it', () => {
  expect(findDenied('python3 -c "import os; os.system(\'sudo ls\')"', DEFAULT_DENY)).toBeNull()
  expect(findDenied('a=su; b=do; $a$b ls', DEFAULT_DENY)).toBeNull()
})

it('no line makes it throw', () => {
  const piece = fc.constantFrom('sudo', 'sh -c', '"', '\'', '`', '$(', ')', '(', '{', '}', ';', '|', '\n', '<<E', '&&', 'env', 'xargs', '\\', ' ', '/', '[[', '<(', 'case', 'if', 'do', '\0')
  fc.assert(fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
    const rule = findDenied(pieces.join(''), DEFAULT_DENY)
    return rule === null || DEFAULT_DENY.includes(rule)
  }), { numRuns: 1000 })
})
