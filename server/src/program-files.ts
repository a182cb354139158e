import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join, resolve } from 'node:path'

/**
 * Where the program's own files are. What is run is a bundle in server/dist (scripts/package), where everything of server/src and its
 * packages is in a few files; the package that is installed has nothing else. This file is in server/src or in that bundle: two folders
 * deep in both.
 */
export const PROJECT_DIR = resolve(import.meta.dirname, '../..')

const IS_BUNDLED = basename(import.meta.dirname) === 'dist'

/** What the executor's process is started with. */
export const EXECUTOR_MAIN = own('executor/main.ts', 'executor.js')

/** What the process of a scheduled backup is started with. */
export const BACKUP_MAIN = own('backup/process.ts', 'backup.js')

/** The text of the relay, which runs inside of sandboxes. */
export const RELAY_FILE = own('executor/sandbox/relay.mjs', 'relay.mjs')

/** Compiled code is kept here from start to start. Null in a package that is installed, whose launcher has seen to it. */
export const CODE_CACHE_DIR = IS_BUNDLED && !existsSync(join(PROJECT_DIR, 'pnpm-workspace.yaml')) ? null : join(PROJECT_DIR, '.runtime/code-cache')

/** Prisma's schema engine: the glue in JavaScript, and the `.wasm` beside it. */
export function schemaEngineFile(): string {
  return IS_BUNDLED ? own('', 'schema_engine_bg.js') : createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg')
}

function own(source: string, bundled: string): string {
  return join(import.meta.dirname, IS_BUNDLED ? bundled : source)
}
