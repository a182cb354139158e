import { readdir, readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { PROJECT_DIR } from '../../program-files.ts'

export type Dialect = 'sqlite' | 'postgresql'

export interface Migration { name: string, script: string }

/** The folder of one provider: its schema, its models, its migrations. */
export function providerFolder(dialect: Dialect): string {
  return join(PROJECT_DIR, 'prisma', dialect, sep)
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

/** The schema with the models of both providers, as the schema engine wants them. Not by the link beside the schema: packages have none. */
export async function readModels(dialect: Dialect): Promise<{ path: string, content: string }[]> {
  const folder = providerFolder(dialect)
  const models = join(PROJECT_DIR, 'prisma/models')
  const names = (await readdir(models)).filter(name => name.endsWith('.prisma')).sort()
  const files = [{ path: 'schema.prisma', at: `${folder}schema.prisma` }, ...names.map(name => ({ path: `models/${name}`, at: join(models, name) }))]
  return Promise.all(files.map(async ({ path, at }) => ({ path, content: await readFile(at, 'utf8') })))
}
