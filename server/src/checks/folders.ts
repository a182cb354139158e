import type { Check } from './check.ts'
import { access, constants, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'

/** Made by a server at its first start, each with a random value. */
const KEYS = ['secret.key', 'credential', 'metrics.token']

/** Whether this user may read and write it, and what a server keeps in it. */
export async function checkDataFolder(path: string): Promise<Check> {
  const mend = `give ${path} to the user that runs AgentOS, or set AGENTOS_DATA_DIR`
  try {
    const about = await stat(path)
    if (!about.isDirectory())
      return { name: 'data folder', result: 'error', found: `${path} is not a folder`, mend: 'set AGENTOS_DATA_DIR to a folder' }
    for (const each of [path, join(path, 'workspaces'), join(path, 'artifacts')])
      await access(each, constants.R_OK | constants.W_OK | constants.X_OK).catch(ignoreMissing)
    return { name: 'data folder', result: 'ok', found: path }
  }
  catch (error) {
    if (codeOf(error) === 'ENOENT')
      return checkFolderAbove(path)
    return { name: 'data folder', result: 'error', found: (error as Error).message, mend }
  }
}

/** Keys that others may read are no keys. */
export async function checkKeyFiles(path: string): Promise<Check> {
  const problems: string[] = []
  let found = 0
  for (const name of KEYS) {
    const file = join(path, name)
    try {
      const { mode } = await stat(file)
      const { length } = (await readFile(file, 'utf8')).trim()
      found++
      if (length < 32)
        return { name: 'keys', result: 'error', found: `${file} is damaged: expected at least 32 characters, got ${length}`, mend: 'put it back from a backup, or delete it to have a new one made' }
      if (process.platform !== 'win32' && (mode & 0o077) !== 0)
        problems.push(`${file} may be read by other users (mode ${(mode & 0o777).toString(8)})`)
    }
    catch (error) {
      if (codeOf(error) !== 'ENOENT')
        return { name: 'keys', result: 'error', found: (error as Error).message, mend: `give ${file} to the user that runs AgentOS` }
    }
  }
  return problems.length > 0
    ? { name: 'keys', result: 'warning', found: problems.join('; '), mend: `chmod 600 ${KEYS.map(name => join(path, name)).join(' ')}; whoever has read one may still use it: delete it to have a new one made` }
    : { name: 'keys', result: 'ok', found: found === 0 ? 'made at the first start' : `${found} of ${KEYS.length} made, for this user alone` }
}

/** It is made at the first start, in the nearest folder that is there. */
async function checkFolderAbove(path: string): Promise<Check> {
  for (let above = join(path, '..'); ; above = join(above, '..')) {
    try {
      await access(above, constants.W_OK | constants.X_OK)
      return { name: 'data folder', result: 'ok', found: `${path}, made at the first start` }
    }
    catch (error) {
      if (codeOf(error) !== 'ENOENT' || above === join(above, '..'))
        return { name: 'data folder', result: 'error', found: `${path} cannot be made: ${(error as Error).message}`, mend: 'set AGENTOS_DATA_DIR to a folder that this user may write' }
    }
  }
}

function ignoreMissing(error: unknown): void {
  if (codeOf(error) !== 'ENOENT')
    throw error
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
