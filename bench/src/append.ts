import type { Figure } from './figure.ts'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import pg from 'pg'
import { createEventLog } from '../../server/src/events/log.ts'
import { createNotifier } from '../../server/src/events/notifier.ts'
import { openDatabase } from '../../server/src/store/database.ts'
import { startTemporaryPostgres } from '../../server/src/store/develop/temporary-postgres.ts'
import { newId } from '../../server/src/store/id.ts'
import { claimedRun, outputEvents } from './claimed-run.ts'
import { percentile } from './figure.ts'
import { dataFolder, removeFolder } from './server-process.ts'

const ROUNDS = 8
const BATCHES = 60
const SIZE = 100
/** The same for both, and made before the clock runs. */
const EVENTS = outputEvents(SIZE)
/** What a row of ours holds, so that the bare ones hold as much. */
const ROW = {
  runId: newId(),
  organisationId: newId(),
  actor: 'bench',
  attempt: 1,
  type: 'step.output',
  at: Date.now(),
  data: JSON.stringify(EVENTS[0]!.data), // they are all alike
}

/** Durable appends in batches of 100, beside the bare driver with the same durability. */
export async function measure(): Promise<Figure[]> {
  return [await sqlite(), await postgresql()]
}

async function sqlite(): Promise<Figure> {
  const folder = await dataFolder()
  try {
    const rates = await compare(await openOurs(`file:${join(folder, 'agentos.db')}`, folder), openBareSqlite(join(folder, 'bare.db')))
    return { what: `durable append, batches of ${SIZE}, SQLite`, ...rates, unit: 'rows/s', limitIs: 'bare better-sqlite3, same pragmas', target: { ratioAtLeast: 0.8 } }
  }
  finally {
    await removeFolder(folder)
  }
}

async function postgresql(): Promise<Figure> {
  const folder = await dataFolder()
  const postgres = await startTemporaryPostgres({ durable: true })
  try {
    const url = `${postgres.url}/postgres`
    const rates = await compare(await openOurs(url, folder), await openBarePostgres(url))
    return { what: `durable append, batches of ${SIZE}, Postgres`, ...rates, unit: 'rows/s', limitIs: 'bare pg, one insert from the same JSON', target: { ratioAtLeast: 0.8 } }
  }
  finally {
    await postgres.stop()
    await removeFolder(folder)
  }
}

interface Appender {
  /** One durable batch. Each is awaited: nothing gathers. */
  batch: () => Promise<unknown>
  close: () => Promise<void>
}

/** In turns, so that both meet the same machine: the medians of the rounds. */
async function compare(ours: Appender, bare: Appender): Promise<{ value: number, limit: number }> {
  const rates = { ours: [] as number[], bare: [] as number[] }
  await rowsPerSecond(ours.batch)
  await rowsPerSecond(bare.batch)
  for (let round = 0; round < ROUNDS; round++) {
    rates.ours.push(await rowsPerSecond(ours.batch))
    rates.bare.push(await rowsPerSecond(bare.batch))
  }
  await ours.close()
  await bare.close()
  return { value: percentile(rates.ours, 50), limit: percentile(rates.bare, 50) }
}

async function openOurs(databaseUrl: string, dataDir: string): Promise<Appender> {
  const db = await openDatabase({ databaseUrl, dataDir })
  const ref = await claimedRun(db)
  const log = createEventLog(db, createNotifier())
  return {
    batch: () => log.append(ref, EVENTS),
    async close() {
      await log.stop()
      await db.close()
    },
  }
}

const TABLE = 'CREATE TABLE bare ("runId" text, seq int, "organisationId" text, actor text, attempt int, type text, at bigint, data text, PRIMARY KEY ("runId", seq))'

function openBareSqlite(path: string): Appender {
  const db = new Sqlite(path)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.exec(TABLE)
  const insert = db.prepare('INSERT INTO bare VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
  const { runId, organisationId, actor, attempt, type, at, data } = ROW
  let seq = 0
  const batch = db.transaction(() => {
    for (let row = 0; row < SIZE; row++)
      insert.run(runId, ++seq, organisationId, actor, attempt, type, at, data)
  })
  return { batch: async () => batch(), close: async () => void db.close() }
}

const INSERT_POSTGRES = `INSERT INTO bare SELECT * FROM jsonb_to_recordset($1)
  AS x ("runId" text, seq int, "organisationId" text, actor text, attempt int, type text, at bigint, data text)`

async function openBarePostgres(url: string): Promise<Appender> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query(TABLE)
  let seq = 0
  const batch = () => {
    const rows = Array.from({ length: SIZE }, () => ({ ...ROW, seq: ++seq }))
    return client.query(INSERT_POSTGRES, [JSON.stringify(rows)])
  }
  return { batch, close: () => client.end() }
}

async function rowsPerSecond(batch: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  for (let count = 0; count < BATCHES; count++)
    await batch()
  return BATCHES * SIZE / (performance.now() - startedAt) * 1000
}
