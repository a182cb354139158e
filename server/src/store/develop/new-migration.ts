import { mkdir, writeFile } from 'node:fs/promises'
import { providerFolder } from '../migrations/folder.ts'
import { diffModels } from './diff-models.ts'
import { startTemporaryPostgres } from './temporary-postgres.ts'

/**
 * `npm run migrations:new NAME`: writes what the models have and the migrations have not, for both databases. Read what it wrote;
 * triggers are added by hand.
 */
const name = process.argv[2]?.replace(/\W+/g, '_')
if (!name)
  throw new Error('give the migration a name: npm run migrations:new add_schedules')

const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14)
const postgres = await startTemporaryPostgres({ durable: false })
try {
  for (const dialect of ['sqlite', 'postgresql'] as const) {
    const script = await diffModels(dialect, postgres.url)
    if (script)
      await write(`${providerFolder(dialect)}migrations`, dialect, script)
    console.log(script ? `${dialect}: ${stamp}_${name}` : `${dialect}: the migrations have all that the models have`)
  }
}
finally {
  await postgres.stop()
}

async function write(folder: string, dialect: string, script: string): Promise<void> {
  await mkdir(`${folder}/${stamp}_${name}`, { recursive: true })
  await writeFile(`${folder}/migration_lock.toml`, `# Which database these migrations are for.\nprovider = "${dialect}"\n`)
  await writeFile(`${folder}/${stamp}_${name}/migration.sql`, script)
}
