import { mkdir } from 'node:fs/promises'
import process from 'node:process'
import { loadConfig } from '../../config/config.ts'
import { openDatabase } from '../../store/database.ts'
import { listApplied } from '../../store/migrations/applied.ts'
import { CommandError } from '../failure.ts'
import { jsonLine } from '../print/json-line.ts'
import { print } from '../print/out.ts'

/** Makes or updates the database and ends: a step of its own for who rolls out many servers. Each of them would do it at its start. */
export async function migrate(options: { json?: boolean }): Promise<void> {
  if (process.env.AGENTOS_URL)
    throw new CommandError('migrate speaks to the database itself, not to a server: unset AGENTOS_URL, and set DATABASE_URL')
  const { databaseUrl, dataDir } = loadConfig(process.env)
  await mkdir(dataDir, { recursive: true, mode: 0o711 })
  const db = await openDatabase({ databaseUrl, dataDir })
  try {
    const applied = await listApplied(db)
    const newest = applied.at(-1) ?? null
    print(options.json
      ? jsonLine({ dialect: db.dialect, migrations: applied.length, newest })
      : `${db.dialect}: up to date, ${applied.length} migrations, the newest ${newest}\n`)
  }
  finally {
    await db.close()
  }
}
