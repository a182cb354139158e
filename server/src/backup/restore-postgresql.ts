import type { PostgresFill } from '../store/rows/fill.postgresql.ts'
import type { Table } from '../store/rows/row.ts'
import type { BackupManifest } from './manifest.ts'
import type { RestorePlace } from './place.ts'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openDatabase } from '../store/database.ts'
import { fillPostgres } from '../store/rows/fill.postgresql.ts'
import { BackupError } from './backup-error.ts'
import { KEY_NAME, MANIFEST_NAME } from './manifest.ts'
import { readEntries, readText } from './read-archive.ts'

type Place = Extract<RestorePlace, { kind: 'postgresql' }>

/** Fills an empty database as its tables were at the backup, sees that all rows are there, and then brings it up to date. */
export async function restorePostgres(file: string, manifest: BackupManifest, { url, dataDir }: Place): Promise<void> {
  if (manifest.hasKey)
    await checkKey(file, dataDir)
  await fillPostgres(url, manifest.migrations, async (fill) => {
    checkTables(file, manifest, fill.tables)
    await readEntries(file, async ({ name, sizeBytes, stream }) => {
      if (name === MANIFEST_NAME)
        return
      const text = await readText(file, stream, sizeBytes)
      if (name === KEY_NAME)
        return keepKey(dataDir, text)
      await write(fill, tableOf(file, fill, name), text)
    })
    for (const table of fill.tables)
      await checkSum(file, manifest, fill, table)
  })
  const db = await openDatabase({ databaseUrl: url, dataDir })
  await db.close()
}

/** `tables/runs/000001.jsonl` is of runs. */
function tableOf(file: string, fill: PostgresFill, name: string): Table {
  const table = fill.tables.find(one => one.name === name.split('/')[1])
  if (!table)
    throw new BackupError(`${file} is no backup of AgentOS: it has ${name}, and there is no such table`)
  return table
}

/** In one statement at most so much, in characters. */
const BATCH = 4 * 1024 * 1024

async function write(fill: PostgresFill, table: Table, text: string): Promise<void> {
  let batch: string[] = []
  let size = 0
  for (const line of text.split('\n')) {
    if (line === '')
      continue
    batch.push(line)
    size += line.length
    if (size > BATCH) {
      await fill.write(table, batch)
      batch = []
      size = 0
    }
  }
  if (batch.length > 0)
    await fill.write(table, batch)
}

/** The tables that these migrations make are those that were written. */
function checkTables(file: string, manifest: BackupManifest, tables: Table[]): void {
  const words = (all: Pick<BackupManifest['tables'][number], 'name' | 'columns'>[]): string => JSON.stringify(all.map(({ name, columns }) => [name, columns]).sort())
  if (words(manifest.tables) !== words(tables))
    throw new BackupError(`${file} has other tables or columns than AgentOS had at that time: it is no backup of ours, or its manifest was changed`)
}

async function checkSum(file: string, { tables }: BackupManifest, fill: PostgresFill, table: Table): Promise<void> {
  const wanted = tables.find(({ name }) => name === table.name)
  const found = await fill.sum(table)
  if (found.rows !== wanted?.rows || found.digest !== wanted.digest)
    throw new BackupError(`${table.name} has ${found.rows} rows now, and ${file} has ${wanted?.rows}; or one of them came out otherwise. Nothing was kept`)
}

/** The key of this machine is not replaced by another one. */
async function checkKey(file: string, dataDir: string): Promise<void> {
  let backedUp = ''
  await readEntries(file, async ({ name, sizeBytes, stream }) => {
    if (name === KEY_NAME)
      backedUp = await readText(file, stream, sizeBytes)
  })
  const own = await readFile(join(dataDir, KEY_NAME), 'utf8').catch(() => null)
  if (own !== null && own.trim() !== backedUp.trim())
    throw new BackupError(`${join(dataDir, KEY_NAME)} is another key than the one in ${file}, and is not overwritten: move it aside first, or set AGENTOS_DATA_DIR to a folder that has none`)
}

async function keepKey(dataDir: string, key: string): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o711 })
  const draft = join(dataDir, `${KEY_NAME}.restoring`)
  await writeFile(draft, `${key}\n`, { mode: 0o600 })
  await link(draft, join(dataDir, KEY_NAME)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') // the same one: it was compared
      throw error
  })
  await rm(draft)
}
