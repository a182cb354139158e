import type { SandboxPaths } from './layout.ts'
import { INSIDE } from './layout.ts'
import { findProgram } from './programs.ts'
import { systemFolders } from './system-folders.ts'

/** The command line that runs `inner` in namespaces of its own, by bubblewrap; null when it is not installed. */
export function bubblewrapCommand(paths: SandboxPaths, inner: string[]): string[] | null {
  const bwrap = findProgram('bwrap')
  if (!bwrap)
    return null
  const folders = systemFolders(paths.network)
  return [
    bwrap,
    '--unshare-all',
    ...(paths.network === 'open' ? ['--share-net'] : []),
    '--die-with-parent',
    '--new-session',
    // The shell is the first process: the agent cannot kill it, and all that is in the sandbox dies with it.
    '--as-pid-1',
    '--cap-drop', 'ALL',
    ...folders.bound.flatMap(path => ['--ro-bind', path, path]),
    ...folders.links.flatMap(({ path, target }) => ['--symlink', target, path]),
    '--proc', '/proc',
    '--dev', '/dev',
    '--perms', '1777', '--tmpfs', '/tmp',
    paths.workspaceMode === 'read-only' ? '--ro-bind' : '--bind', paths.workspacePath, INSIDE.workspace,
    '--bind', paths.homePath, INSIDE.home,
    '--remount-ro', '/',
    '--chdir', '/',
    '--',
    ...inner,
  ]
}
