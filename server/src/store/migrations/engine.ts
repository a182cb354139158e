import type { MigrationList, SchemaEngine, SchemaFilter } from '@prisma/schema-engine-wasm'
import type { MigrationAdapter } from './adapter.ts'
import type { Dialect, Migration } from './folder.ts'
import { readFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import { schemaEngineFile } from '../../program-files.ts'
import { providerFolder, readModels } from './folder.ts'

export const NO_FILTER: SchemaFilter = { externalTables: [], externalEnums: [] }

/** Prisma's schema engine in this process. Costs about 100 ms to load, so it is asked for only when there is work for it. */
export async function startSchemaEngine(dialect: Dialect, adapter: MigrationAdapter): Promise<SchemaEngine> {
  const bindings = await (loaded ??= loadBindings())
  const models = await readModels(dialect)
  const datamodels = models.map((file): [string, string] => [file.path, file.content])
  return bindings.SchemaEngine.new({ datamodels }, () => {}, bindMigrationAwareSqlAdapterFactory(adapter.factory))
}

export function migrationList(dialect: Dialect, migrations: Migration[]): MigrationList {
  return {
    baseDir: `${providerFolder(dialect)}migrations`,
    lockfile: { path: 'migration_lock.toml', content: `provider = "${dialect}"\n` },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, script }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: script } },
    })),
  }
}

type Bindings = typeof import('@prisma/schema-engine-wasm') & { __wbg_set_wasm: (exports: unknown) => void }

/** What Node has and its types leave to those of the browser. */
declare const WebAssembly: { instantiate: (bytes: Uint8Array, imports: Record<string, unknown>) => Promise<{ instance: { exports: Record<string, unknown> } }> }

let loaded: Promise<Bindings> | undefined

/** The package's own entry imports the `.wasm` as a module, which Node does not do by itself. */
async function loadBindings(): Promise<Bindings> {
  // Where it leaves the words of a panic; without it a panic hides behind a TypeError.
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: (message: string) => console.error(message) } })
  const path = schemaEngineFile()
  const bindings = await import(pathToFileURL(path).href) as Bindings // the package types its entry only, which re-exports this file
  const { instance } = await WebAssembly.instantiate(await readFile(path.replace(/\.js$/, '.wasm')), { './schema_engine_bg.js': bindings })
  bindings.__wbg_set_wasm(instance.exports);
  (instance.exports.__wbindgen_start as () => void)() // an export of wasm-bindgen, known by name only
  return bindings
}
