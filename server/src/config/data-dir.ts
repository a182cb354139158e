import type { EnvironmentName } from './environment.ts'
import { statSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import process from 'node:process'
import { ConfigError } from './config-error.ts'
import { expandHome, isFolder } from './paths.ts'

/** Never by the current folder: the same data is found from wherever a command is given. */
export function findDataDir(given: string | undefined, projectDir: string, env: Record<string, string | undefined>): string {
  if (!given)
    return isRepository(projectDir) ? join(projectDir, 'data') : join(userDataDir(env), 'agentos')
  return resolveGiven('AGENTOS_DATA_DIR', given, projectDir)
}

/** What the environment does not say may stand in it: `.env` of the repository, or of the user's data folder. */
export function findSettingsFile(projectDir: string, env: Record<string, string | undefined>): string {
  return join(isRepository(projectDir) ? projectDir : join(userDataDir(env), 'agentos'), '.env')
}

/** Not in the data folder of a repository: it is large, can be installed again, and is no part of a backup. */
export function findProgramsDir(given: string | undefined, projectDir: string, dataDir: string): string {
  if (!given)
    return join(isRepository(projectDir) ? projectDir : dataDir, 'programs')
  return resolveGiven('AGENTOS_PROGRAMS_DIR', given, projectDir)
}

/** A relative path counts from the repository. What is installed has no folder that a person would count from. */
export function resolveGiven(name: EnvironmentName, given: string, projectDir: string): string {
  const path = expandHome(given)
  if (!isAbsolute(path) && !isRepository(projectDir))
    throw new ConfigError(name, `expected an absolute path, got ${JSON.stringify(given)}`)
  return resolve(projectDir, path)
}

/** Installed packages have no workspace file. */
function isRepository(projectDir: string): boolean {
  return isFolder(projectDir) && statSync(join(projectDir, 'pnpm-workspace.yaml'), { throwIfNoEntry: false }) !== undefined
}

function userDataDir(env: Record<string, string | undefined>): string {
  if (process.platform === 'win32')
    return env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local')
  if (process.platform === 'darwin')
    return join(homedir(), 'Library', 'Application Support')
  const xdg = env.XDG_DATA_HOME
  return xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.local', 'share')
}
