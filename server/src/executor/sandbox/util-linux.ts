import type { SandboxPaths } from './layout.ts'
import { readFileSync, statSync } from 'node:fs'
import { INSIDE } from './layout.ts'
import { findProgram } from './programs.ts'
import { socketInside } from './relay.ts'
import { quote } from './shell-script.ts'
import { systemFolders } from './system-folders.ts'

/** The new root is built over a folder that no bind comes from. */
const ROOT = '/sys'
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom']

/**
 * The command line that becomes a shell in namespaces of its own with util-linux alone; null when a part of it is missing.
 * It enters as root of a user namespace, builds a root on a tmpfs, moves into it and gives every capability away.
 */
export function utilLinuxCommand(paths: SandboxPaths): string[] | null {
  const [setpriv, unshare, mount, umount, pivotRoot] = ['setpriv', 'unshare', 'mount', 'umount', 'pivot_root'].map(findProgram)
  if (!setpriv || !unshare || !mount || !umount || !pivotRoot)
    return null
  return [
    setpriv, '--pdeathsig', 'KILL', '--',
    unshare, '--user', '--map-root-user', '--mount', '--pid', '--fork', '--kill-child=KILL', '--ipc', '--uts', '--cgroup',
    '--net', '--',
    '/bin/sh', '-c', setupScript(paths), 'sh',
    setpriv, '--bounding-set', '-all', '--no-new-privs', '--', '/bin/sh',
  ]
}

/** One process each for the folders, the mounts, the move: every further one costs a millisecond. It may not read its input: that is the shell's. */
function setupScript(paths: SandboxPaths): string {
  const folders = systemFolders()
  const isFolder = (path: string) => statSync(path).isDirectory()
  const programs = paths.programs.map(({ hostPath, insidePath }) => ({ hostPath, insidePath, isFolder: isFolder(hostPath) }))
  const madeFolders = [...folders.bound.filter(isFolder), ...programs.flatMap(one => one.isFolder ? [one.insidePath] : []), ...['/etc', '/proc', '/dev/shm', '/tmp', INSIDE.workspace, INSIDE.home]]
  const sockets = paths.loopback.map(({ socketPath }, index) => ({ socketPath, inside: socketInside(index) }))
  const madeFiles = [...folders.bound.filter(path => !isFolder(path)), ...sockets.map(({ inside }) => inside), ...programs.flatMap(one => one.isFolder ? [] : [one.insidePath]), ...DEVICES.map(name => `/dev/${name}`)]
  const parents = madeFiles.map(path => path.slice(0, path.lastIndexOf('/')))
  const mounts = readMounts()
  const readOnly = (path: string) => ['rbind', 'ro', 'nosuid', 'nodev', ...lockedOptions(path, mounts)].join(',')
  const temporary = `nosuid,nodev,mode=1777,size=${paths.temporaryBytes}`
  const table = [
    ...folders.bound.map(path => [path, ROOT + path, 'none', readOnly(path)]),
    ...DEVICES.map(name => [`/dev/${name}`, `${ROOT}/dev/${name}`, 'none', 'bind']),
    ['proc', `${ROOT}/proc`, 'proc', 'nosuid,nodev,noexec'],
    ['tmpfs', `${ROOT}/dev/shm`, 'tmpfs', temporary],
    ['tmpfs', `${ROOT}/tmp`, 'tmpfs', temporary],
    [paths.workspacePath, ROOT + INSIDE.workspace, 'none', paths.workspaceMode === 'read-only' ? readOnly(paths.workspacePath) : 'rbind'],
    ...paths.hidden.map(({ path, kind }) => {
      const inside = `${ROOT}${INSIDE.workspace}/${path}`
      // A file is covered with the device that is always empty, a folder with an empty one.
      return kind === 'file' ? ['/dev/null', inside, 'none', 'bind'] : ['tmpfs', inside, 'tmpfs', 'ro,nosuid,nodev,noexec,mode=755,size=4096']
    }),
    [paths.homePath, ROOT + INSIDE.home, 'none', 'rbind'],
    ...programs.map(({ hostPath, insidePath }) => [hostPath, ROOT + insidePath, 'none', readOnly(hostPath)]),
    ...sockets.map(({ socketPath, inside }) => [socketPath, ROOT + inside, 'none', readOnly(socketPath)]),
  ]
  return [
    'set -e',
    `PATH=/usr/sbin:/usr/bin:/sbin:/bin`,
    // Beside the rest: it takes as long as three of the others. Not from the shell's input, which is the session's.
    `{ ${loopbackUp()};} </dev/null >/dev/null 2>&1 &`,
    `mount -t tmpfs -o mode=755,nosuid,nodev tmpfs ${ROOT}`,
    `mkdir -p ${[...new Set([...madeFolders, ...parents])].map(path => quote(ROOT + path)).join(' ')}`,
    ...madeFiles.map(path => `:>${quote(ROOT + path)}`),
    ...(folders.links.length > 0 ? [`cp -P ${folders.links.map(link => link.path).join(' ')} ${ROOT}/`] : []),
    `cp -P /dev/fd /dev/stdin /dev/stdout /dev/stderr ${ROOT}/dev/`,
    // Where a mount will hide it.
    `printf %s ${quote(table.map(row => `${row.map(escapeField).join(' ')} 0 0\n`).join(''))}>${ROOT}/tmp/table`,
    `mount -a -T ${ROOT}/tmp/table`,
    `cd ${ROOT}`,
    'wait $! ||:',
    'mount -o remount,bind,ro,nosuid,nodev .',
    // The old root comes to lie over the new one, and is taken away: it needs no folder of its own.
    'pivot_root . .',
    'umount -l .',
    'cd /',
    'exec "$@"',
  ].join('\n')
}

/** util-linux cannot: iproute2, busybox or Perl (essential in Debian) can. Without any, programs inside cannot talk to each other by TCP. */
function loopbackUp(): string {
  if (findProgram('ip'))
    return 'ip link set lo up'
  if (findProgram('busybox'))
    return 'busybox ip link set lo up'
  // SIOCSIFFLAGS with IFF_UP.
  return `perl -e 'socket(S,2,2,0);ioctl(S,0x8914,pack("a16s@40","lo",1))'`
}

interface Mount { path: string, options: string[] }

function readMounts(): Mount[] {
  return readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n').map((line) => {
    const fields = line.split(' ')
    return { path: unescapeField(fields[4]!), options: fields[5]!.split(',') }
  })
}

/** A user namespace may not drop these from a mount that it inherits, so a remount has to name them again. */
function lockedOptions(path: string, mounts: Mount[]): string[] {
  const mount = mounts.findLast(one => one.path === '/' || path === one.path || path.startsWith(`${one.path}/`))
  const options = mount?.options ?? []
  const atime = options.includes('noatime') ? ['noatime'] : options.includes('relatime') ? [] : ['strictatime']
  return [...(options.includes('noexec') ? ['noexec'] : []), ...(options.includes('nodiratime') ? ['nodiratime'] : []), ...atime]
}

function escapeField(text: string): string {
  return text.replace(/[\s\\#]/g, character => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)
}

function unescapeField(text: string): string {
  return text.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
