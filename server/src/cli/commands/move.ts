import process from 'node:process'
import { moveToPostgres } from '../../backup/move.ts'
import { loadConfig } from '../../config/config.ts'
import { CommandError } from '../failure.ts'
import { jsonLine } from '../print/json-line.ts'
import { print } from '../print/out.ts'
import { formatBytes } from '../print/quantity.ts'
import { withoutPassword } from './restore.ts'

/** From SQLite to PostgreSQL, every row compared before it counts. */
export async function move({ to, json }: { to: string, json?: boolean }): Promise<void> {
  if (!URL.canParse(to) || !/^postgres(?:ql)?:\/\//.test(to))
    throw new CommandError(`--to: expected postgres://USER:PASSWORD@HOST/DATABASE, an empty database, but got something else (${to.length} characters, not shown)`)
  const config = loadConfig(process.env)
  if (!config.databaseUrl.startsWith('file:'))
    throw new CommandError('DATABASE_URL names a PostgreSQL already; move takes what an SQLite file holds there: unset it, or set it to file:<path>')
  const { tables, blobs } = await moveToPostgres(config, to)
  if (json) {
    const moved = Object.fromEntries(tables.map(table => [table.name, table.rows]))
    return print(jsonLine({ to: withoutPassword(to), tables: moved, blobs: { ...blobs, missing: blobs.missing.length } }))
  }
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  print(`${rows} rows in ${tables.length} tables and ${blobs.count} kept files (${formatBytes(blobs.bytes)}) are in ${withoutPassword(to)} now, each compared with what it was copied from.\n`)
  if (blobs.missing.length > 0)
    print(`${blobs.missing.length} kept files were not in the data folder any more, and are left out.\n`)
  print(`What to do: set DATABASE_URL to that address and start the server, with the same data folder (${config.dataDir}): its secret.key opens the secrets, and it holds the workspaces of runs that go on.\nThe SQLite file is as it was; remove it once you have seen that all is there.\n`)
}
