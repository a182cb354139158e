import type { Buffer } from 'node:buffer'
import type { RestorePlace } from '../../server/src/backup/place.ts'
import type { NewEvent } from '../../server/src/domain/event.ts'
import type { Figure } from './figure.ts'
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip, gunzipSync } from 'node:zlib'
import pg from 'pg'
import { createArtifacts } from '../../server/src/artifacts/artifacts.ts'
import { makeBackup } from '../../server/src/backup/make-backup.ts'
import { restoreBackup } from '../../server/src/backup/restore.ts'
import { event } from '../../server/src/domain/event.ts'
import { createEventLog } from '../../server/src/events/log.ts'
import { createNotifier } from '../../server/src/events/notifier.ts'
import { openDatabase } from '../../server/src/store/database.ts'
import { startTemporaryPostgres } from '../../server/src/store/develop/temporary-postgres.ts'
import { claimedRun } from './claimed-run.ts'
import { dataFolder, removeFolder } from './server-process.ts'

const RUNS = 100
const EVENTS_PER_RUN = 2_000
const BATCH = 500
/** Kept with each run: half of a MiB that no packing makes smaller, as pictures and archives are. */
const KEPT_BYTES = 512 * 1024
const MB = 1_000_000
/** Text that packs as text does, and not as one line again and again would. */
const WORDS = Array.from({ length: 400 }, () => randomBytes(4).toString('base64url'))

/** A backup of 200,000 events and 50 MiB of kept files, and its way back, beside packing and unpacking the same bytes. */
export async function measure(): Promise<Figure[]> {
  const folder = await dataFolder()
  const postgres = await startTemporaryPostgres({ durable: true })
  try {
    const sqlite = `file:${join(folder, 'agentos.db')}`
    return [
      ...await measureOn('SQLite', sqlite, folder, { kind: 'folder', dataDir: join(folder, 'restored'), databasePath: join(folder, 'restored', 'agentos.db') }),
      ...await measureOn('Postgres', `${postgres.url}/postgres`, folder, { kind: 'postgresql', url: await emptyDatabase(postgres.url), dataDir: join(folder, 'restored-rows') }),
    ]
  }
  finally {
    await postgres.stop()
    await removeFolder(folder)
  }
}

async function measureOn(name: string, databaseUrl: string, folder: string, place: RestorePlace): Promise<Figure[]> {
  await fill(databaseUrl, folder)
  const file = join(folder, `${name}.tar.gz`)
  const [made, madeMs] = await timed(() => makeBackup({ databaseUrl, dataDir: folder, secretKey: null }, file))
  const stored = made.manifest.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / MB
  const [, restoredMs] = await timed(() => restoreBackup(file, place))
  const unpacked = join(folder, `${name}.tar`)
  await writeFile(unpacked, gunzipSync(await readFile(file)))
  const [, packedMs] = await timed(() => pack(unpacked, `${unpacked}.gz`))
  const [, unpackedMs] = await timed(() => unpack(file, `${unpacked}.again`))
  const rate = (ms: number): number => stored / ms * 1000
  return [
    { what: `backup, ${name}`, value: rate(madeMs), limit: rate(packedMs), unit: 'MB/s', limitIs: 'hashing and packing the same bytes', target: null },
    { what: `restore, ${name}`, value: rate(restoredMs), limit: rate(unpackedMs), unit: 'MB/s', limitIs: 'unpacking and writing the same bytes, once', target: null },
    { what: `a backup's size, ${name}`, value: made.sizeBytes / MB, limit: stored, unit: 'MB', limitIs: 'what is stored', target: null },
  ]
}

async function fill(databaseUrl: string, dataDir: string): Promise<void> {
  const db = await openDatabase({ databaseUrl, dataDir })
  const log = createEventLog(db, createNotifier())
  const artifacts = createArtifacts({ path: join(dataDir, 'artifacts'), db })
  await artifacts.start()
  for (let run = 0; run < RUNS; run++) {
    const ref = await claimedRun(db)
    for (let written = 0; written < EVENTS_PER_RUN; written += BATCH)
      await log.append(ref, Array.from({ length: BATCH }, outputEvent))
    await artifacts.save(ref, { name: 'kept.bin', step: null, mediaType: 'application/octet-stream', isWhole: true }, Readable.from([randomBytes(KEPT_BYTES)]), KEPT_BYTES)
  }
  await log.stop()
  await db.close()
}

function outputEvent(): NewEvent {
  const text = Array.from({ length: 14 }, () => WORDS[Math.floor(Math.random() * WORDS.length)]).join(' ')
  return event('step.output', { step: 1, stream: 'stdout', text: `${text}\n` })
}

async function emptyDatabase(url: string): Promise<string> {
  const client = new pg.Client(`${url}/postgres`)
  await client.connect()
  await client.query('CREATE DATABASE restored')
  await client.end()
  return `${url}/restored`
}

async function pack(from: string, to: string): Promise<void> {
  const hash = createHash('sha256')
  const hashing = new Transform({ transform: (chunk: Buffer, _, done) => {
    hash.update(chunk)
    done(null, chunk)
  } })
  await pipeline(createReadStream(from), hashing, createGzip({ level: 1 }), createWriteStream(to))
  await sync(to)
}

async function unpack(from: string, to: string): Promise<void> {
  await pipeline(createReadStream(from), createGunzip(), createWriteStream(to))
  await sync(to)
}

async function sync(path: string): Promise<void> {
  const handle = await open(path)
  await handle.sync()
  await handle.close()
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const startedAt = performance.now()
  return [await work(), performance.now() - startedAt]
}
