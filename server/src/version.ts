import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROJECT_DIR } from './program-files.ts'

/** From package.json, so that there is one place to raise it. */
export const VERSION: string = (JSON.parse(readFileSync(join(PROJECT_DIR, 'package.json'), 'utf8')) as { version: string }).version
