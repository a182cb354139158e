import type { PostgresFill } from '../store/rows/fill.postgresql.ts'
import type { Table, TableSum } from '../store/rows/row.ts'
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { CHUNK_BYTES } from '../store/blobs.ts'
import { openDatabase } from '../store/database.ts'
import { listMigrations } from '../store/migrations/folder.ts'
import { describeSqlite, listSqliteTables, readSqliteRows } from '../store/rows/copy.sqlite.ts'
import { fillPostgres } from '../store/rows/fill.postgresql.ts'
import { createTableSum, encodeRow } from '../store/rows/row.ts'
import { BackupError } from './backup-error.ts'
import { fileOf } from './make-backup.ts'

export interface Moved {
  tables: { name: string, rows: number }[]
  /** Kept bytes that are rows of the database now. */
  blobs: { count: number, bytes: number, missing: string[] }
}

/**
 * Copies an SQLite installation that no server has open into an empty PostgreSQL, kept bytes too, and compares every row of both before it
 * counts. What it copies from stays as it is; when it fails, the PostgreSQL is left empty. Rejects with BackupError or DatabaseError.
 */
export async function moveToPostgres({ databaseUrl, dataDir }: { databaseUrl: string, dataDir: string }, url: string): Promise<Moved> {
  const path = databaseUrl.slice('file:'.length)
  const db = await openDatabase({ databaseUrl, dataDir }) // holds its lock, and has brought it up to date
  try {
    return await fillPostgres(url, await listMigrations('postgresql'), async (fill) => {
      checkSameTables(listSqliteTables(path), fill.tables)
      const kept = fill.tables.filter(({ name }) => name !== 'blobs' && name !== 'blob_chunks')
      const tables: Moved['tables'] = []
      for (const table of kept)
        tables.push({ name: table.name, rows: (await copyTable(path, fill, table)).rows })
      const blobs = await copyBlobs(fill, join(dataDir, 'artifacts'), describeSqlite(path).sha256s)
      return { tables, blobs }
    })
  }
  finally {
    await db.close()
  }
}

function checkSameTables(source: string[], target: Table[]): void {
  const [from, to] = [source, target.map(({ name }) => name)].map(names => [...names].sort().join(', '))
  if (from !== to)
    throw new BackupError(`the databases have different tables: ${from} on SQLite, ${to} on PostgreSQL`)
}

async function copyTable(path: string, fill: PostgresFill, table: Table): Promise<TableSum> {
  const sum = createTableSum()
  for await (const lines of readSqliteRows(path, table)) {
    lines.forEach(sum.add)
    await fill.write(table, lines)
  }
  return compare(fill, table, sum.value())
}

async function compare(fill: PostgresFill, table: Table, written: TableSum): Promise<TableSum> {
  const found = await fill.sum(table)
  if (found.rows !== written.rows || found.digest !== written.digest)
    throw new BackupError(`${table.name} has ${written.rows} rows on SQLite and ${found.rows} on PostgreSQL, or one of them came out otherwise. The PostgreSQL is left empty, the SQLite file as it was`)
  return found
}

/** On PostgreSQL they are rows: read a piece at a time, under the hash that they must have. */
async function copyBlobs(fill: PostgresFill, artifacts: string, sha256s: string[]): Promise<Moved['blobs']> {
  const chunks = tableOf(fill, 'blob_chunks')
  const blobs = tableOf(fill, 'blobs')
  const sums = { chunks: createTableSum(), blobs: createTableSum() }
  const result: Moved['blobs'] = { count: 0, bytes: 0, missing: [] }
  const write = async (table: Table, sum: typeof sums.blobs, row: Record<string, string | number>): Promise<void> => {
    const line = encodeRow(table.columns.map(({ name }) => row[name]!))
    sum.add(line)
    await fill.write(table, [line])
  }
  for (const sha256 of sha256s) {
    const file = /^[0-9a-f]{64}$/.test(sha256) ? await open(fileOf(artifacts, sha256)).catch(() => null) : null
    if (!file) {
      result.missing.push(sha256) // lost before: it is missed on SQLite as much
      continue
    }
    try {
      const sizeBytes = await copyPieces(file, sha256, (part, bytes) => write(chunks, sums.chunks, { sha256, part, bytes: bytes.toString('base64') }))
      await write(blobs, sums.blobs, { sha256, sizeBytes: String(sizeBytes), createdAt: Date.now() })
      result.count++
      result.bytes += sizeBytes
    }
    finally {
      await file.close()
    }
  }
  await compare(fill, chunks, sums.chunks.value())
  await compare(fill, blobs, sums.blobs.value())
  return result
}

/** Even nothing is one piece. */
async function copyPieces(file: Awaited<ReturnType<typeof open>>, sha256: string, write: (part: number, bytes: Buffer) => Promise<void>): Promise<number> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  for (let part = 0; ; part++) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, sizeBytes)
    if (bytesRead === 0 && part > 0)
      break
    const bytes = buffer.subarray(0, bytesRead)
    hash.update(bytes)
    await write(part, bytes)
    sizeBytes += bytesRead
  }
  if (hash.digest('hex') !== sha256)
    throw new BackupError(`the file of ${sha256} in the data folder has other bytes than that: it is damaged. Remove it, and it is left out`)
  return sizeBytes
}

function tableOf(fill: PostgresFill, name: string): Table {
  const table = fill.tables.find(one => one.name === name)
  if (!table)
    throw new Error(`there is no table ${name}`)
  return table
}
