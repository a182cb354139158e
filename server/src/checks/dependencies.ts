import type { Check } from './check.ts'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'

const MEND = 'npm start installs what is missing; in a container or a package, install it anew'

/** What has to be there beside our own files. */
export async function checkDependencies(): Promise<Check> {
  try {
    const { loadLibraries } = await import('../store/libraries.ts')
    return { name: 'dependencies', result: 'ok', found: `SQLite ${await loadLibraries()}, database clients` }
  }
  catch (error) {
    return { name: 'dependencies', result: 'error', found: (error as Error).message.split('\n')[0]!, mend: MEND }
  }
}

/** Without them the API and the command line work all the same. */
export async function checkPages(projectDir: string): Promise<Check> {
  const path = join(projectDir, 'web', 'dist', 'index.html')
  return await stat(path).catch(() => null)
    ? { name: 'pages', result: 'ok', found: 'built' }
    : { name: 'pages', result: 'warning', found: `${path} is not there, so a browser is shown nothing`, mend: 'npm start builds them' }
}
