import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** The folder of this checkout, or of the package that is installed. */
export const projectDir = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '')

/** The package has no workspace: all of it is in server/dist. */
export const isInstalled = !existsSync(join(projectDir, 'pnpm-workspace.yaml'))

/** For what can be made again: a Node that was brought, compiled code. A package's own folder may well be another user's. */
export const runtimeDir = isInstalled ? join(userCacheDir(), 'agentos') : join(projectDir, '.runtime')

export const NODE_FLOOR = [24, 11]
export const NODE_BROUGHT = '24.21.0'
export const PNPM = 'pnpm@12.21.0'

function userCacheDir() {
  if (process.platform === 'win32')
    return process.env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local')
  if (process.platform === 'darwin')
    return join(homedir(), 'Library', 'Caches')
  const xdg = process.env.XDG_CACHE_HOME
  return xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.cache')
}
