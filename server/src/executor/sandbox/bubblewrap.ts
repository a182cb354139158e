import type { SandboxPaths } from './layout.ts'
import { INSIDE } from './layout.ts'
import { findProgram } from './programs.ts'
import { socketInside } from './relay.ts'
import { systemFolders } from './system-folders.ts'

/**
 * The command line that becomes a shell in namespaces of its own, by bubblewrap; null when it is not installed. `version` is
 * `0.8` or the like: the oldest that is in use (0.4) knows fewer options.
 */
export function bubblewrapCommand(paths: SandboxPaths, version: string): string[] | null {
  const bwrap = findProgram('bwrap')
  if (!bwrap)
    return null
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const size = major > 0 || minor >= 7 ? ['--size', String(paths.temporaryBytes)] : []
  const folders = systemFolders()
  return [
    bwrap,
    '--unshare-all',
    '--die-with-parent',
    '--new-session',
    // The shell is the first process: the agent cannot kill it, and all that is in the sandbox dies with it.
    '--as-pid-1',
    '--cap-drop', 'ALL',
    ...folders.bound.flatMap(path => ['--ro-bind', path, path]),
    ...folders.links.flatMap(({ path, target }) => ['--symlink', target, path]),
    '--proc', '/proc',
    '--dev', '/dev',
    ...size, '--tmpfs', '/dev/shm',
    '--remount-ro', '/dev',
    ...size, '--tmpfs', '/tmp',
    paths.workspaceMode === 'read-only' ? '--ro-bind' : '--bind', paths.workspacePath, INSIDE.workspace,
    ...paths.hidden.flatMap(({ path, kind }) => hide(`${INSIDE.workspace}/${path}`, kind)),
    '--bind', paths.homePath, INSIDE.home,
    ...paths.programs.flatMap(({ hostPath, insidePath }) => ['--ro-bind', hostPath, insidePath]),
    ...paths.loopback.flatMap(({ socketPath }, index) => ['--ro-bind', socketPath, socketInside(index)]),
    '--remount-ro', '/',
    '--chdir', '/',
    '--',
    '/bin/sh',
  ]
}

/** A file is covered with the device that is always empty, a folder with an empty one. */
function hide(path: string, kind: 'folder' | 'file'): string[] {
  return kind === 'file' ? ['--ro-bind', '/dev/null', path] : ['--tmpfs', path, '--remount-ro', path]
}
