import type { Figure } from './figure.ts'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import pg from 'pg'
import { createEventLog } from '../../server/src/events/log.ts'
import { createNotifier } from '../../server/src/events/notifier.ts'
import { openDatabase } from '../../server/src/store/database.ts'
import { startTemporaryPostgres } from '../../server/src/store/develop/temporary-postgres.ts'
import { claimedRun, LINE, outputEvents } from './claimed-run.ts'
import { dataFolder, removeFolder } from './server-process.ts'

const BATCHES = 400
const SIZE = 100
const DATA = JSON.stringify({ step: 1, stream: 'stdout', text: LINE })

/** Durable appends in batches of 100, beside the bare driver with the same durability. */
export async function measure(): Promise<Figure[]> {
  return [await sqlite(), await postgresql()]
}

async function sqlite(): Promise<Figure> {
  const folder = await dataFolder()
  try {
    const ours = await timeOurs(`file:${join(folder, 'agentos.db')}`, folder)
    const limit = await timeBareSqlite(join(folder, 'bare.db'))
    return { what: `durable append, batches of ${SIZE}, SQLite`, value: ours, unit: 'rows/s', limit, limitIs: 'bare better-sqlite3, same pragmas', target: { ratioAtLeast: 0.8 } }
  }
  finally {
    await removeFolder(folder)
  }
}

async function postgresql(): Promise<Figure> {
  const folder = await dataFolder()
  const postgres = await startTemporaryPostgres({ durable: true })
  try {
    const ours = await timeOurs(`${postgres.url}/postgres`, folder)
    const limit = await timeBarePostgres(`${postgres.url}/postgres`)
    return { what: `durable append, batches of ${SIZE}, Postgres`, value: ours, unit: 'rows/s', limit, limitIs: 'bare pg, one insert from the same JSON', target: { ratioAtLeast: 0.8 } }
  }
  finally {
    await postgres.stop()
    await removeFolder(folder)
  }
}

/** Each batch is awaited: nothing gathers, the same as below. */
async function timeOurs(databaseUrl: string, dataDir: string): Promise<number> {
  const db = await openDatabase({ databaseUrl, dataDir })
  try {
    const ref = await claimedRun(db)
    const log = createEventLog(db, createNotifier())
    const rate = await rowsPerSecond(() => log.append(ref, outputEvents(SIZE)))
    await log.stop()
    return rate
  }
  finally {
    await db.close()
  }
}

const TABLE = 'CREATE TABLE bare ("runId" text, seq int, actor text, attempt int, type text, at bigint, data text, PRIMARY KEY ("runId", seq))'

async function timeBareSqlite(path: string): Promise<number> {
  const db = new Sqlite(path)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.exec(TABLE)
  const insert = db.prepare('INSERT INTO bare VALUES (?, ?, ?, ?, ?, ?, ?)')
  let seq = 0
  const batch = db.transaction(() => {
    for (let row = 0; row < SIZE; row++)
      insert.run('run', ++seq, 'bench', 1, 'step.output', Date.now(), DATA)
  })
  return rowsPerSecond(async () => batch()).finally(() => db.close())
}

async function timeBarePostgres(url: string): Promise<number> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query(TABLE)
  let seq = 0
  const rate = await rowsPerSecond(() => {
    const rows = Array.from({ length: SIZE }, () => ({ r: 'run', s: ++seq, w: 'bench', n: 1, t: 'step.output', a: Date.now(), d: DATA }))
    return client.query('INSERT INTO bare SELECT r, s, w, n, t, a, d FROM jsonb_to_recordset($1) AS x (r text, s int, w text, n int, t text, a bigint, d text)', [JSON.stringify(rows)])
  })
  await client.end()
  return rate
}

async function rowsPerSecond(batch: () => Promise<unknown>): Promise<number> {
  for (let warm = 0; warm < 20; warm++)
    await batch()
  const startedAt = performance.now()
  for (let count = 0; count < BATCHES; count++)
    await batch()
  return BATCHES * SIZE / (performance.now() - startedAt) * 1000
}
