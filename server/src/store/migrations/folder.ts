import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

export type Dialect = 'sqlite' | 'postgresql'

export interface Migration { name: string, script: string }

/** The folder of one provider: its schema, its models, its migrations. */
export function providerFolder(dialect: Dialect): string {
  return fileURLToPath(new URL(`../../../../prisma/${dialect}/`, import.meta.url))
}

/** In the order in which they are applied. */
export async function readMigrations(dialect: Dialect): Promise<Migration[]> {
  const folder = `${providerFolder(dialect)}migrations`
  const names = await listMigrations(dialect)
  return Promise.all(names.map(async name => ({ name, script: await readFile(`${folder}/${name}/migration.sql`, 'utf8') })))
}

export async function listMigrations(dialect: Dialect): Promise<string[]> {
  const entries = await readdir(`${providerFolder(dialect)}migrations`, { withFileTypes: true }).catch(() => [])
  return entries.filter(entry => entry.isDirectory()).map(entry => entry.name).sort()
}

/** The schema with the models beside it, as the schema engine wants them. */
export async function readModels(dialect: Dialect): Promise<{ path: string, content: string }[]> {
  const folder = providerFolder(dialect)
  const models = (await readdir(`${folder}models`)).filter(name => name.endsWith('.prisma')).sort()
  const paths = ['schema.prisma', ...models.map(name => `models/${name}`)]
  return Promise.all(paths.map(async path => ({ path, content: await readFile(folder + path, 'utf8') })))
}
