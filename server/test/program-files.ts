import { join } from 'node:path'
import { PROJECT_DIR } from '../src/program-files.ts'

/**
 * In a server that runs within a test (vitest.config.ts puts this file in the place of the other): its executors and backups are processes,
 * and those run the bundle, as all processes that tests start do.
 */
export { CODE_CACHE_DIR, PROJECT_DIR, RELAY_FILE, schemaEngineFile } from '../src/program-files.ts'

export const EXECUTOR_MAIN = built('executor.js')
export const BACKUP_MAIN = built('backup.js')

function built(name: string): string {
  return join(PROJECT_DIR, 'server/dist', name)
}
