import type { SqliteFacts } from '../store/rows/copy.sqlite.ts'
import type { BackupManifest } from './manifest.ts'
import type { ArchiveWriter } from './write-archive.ts'
import { createReadStream } from 'node:fs'
import { lstat, mkdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { holdBlobs } from '../store/hold-blobs.sqlite.ts'
import { copySqlite, describeSqlite } from '../store/rows/copy.sqlite.ts'
import { withPostgresSnapshot } from '../store/rows/read.postgresql.ts'
import { createTableSum } from '../store/rows/row.ts'
import { VERSION } from '../version.ts'
import { BackupError } from './backup-error.ts'
import { artifactName, DATABASE_NAME, KEY_NAME, MANIFEST_NAME, rowsName } from './manifest.ts'
import { checkRoom } from './room.ts'
import { writeArchive } from './write-archive.ts'

/** Where an installation has its data. */
export interface BackupSource {
  /** `file:<absolute path>` or `postgres://…`. */
  databaseUrl: string
  dataDir: string
  /** What goes with it; null: it stays where it is. */
  secretKey: string | null
}

export interface MadeBackup { file: string, sizeBytes: number, manifest: BackupManifest }

/**
 * Writes everything that is stored into one file, of a server that runs or of none: the database as it was at one moment, and all the bytes
 * that it names. When it fails or is aborted nothing is left. Rejects with BackupError or DatabaseError.
 */
export async function makeBackup(source: BackupSource, file: string, signal?: AbortSignal): Promise<MadeBackup> {
  if (await lstat(file).catch(() => null))
    throw new BackupError(`${file} exists already, and no backup is ever written over: name another file`)
  if (await lstat(`${file}.part`).catch(() => null))
    throw new BackupError(`${file}.part is there: another backup is writing it now, or one was killed. Wait, or remove it`)
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  let manifest: BackupManifest | null = null
  const write = async (archive: ArchiveWriter, about: Pick<BackupManifest, 'dialect' | 'migrations' | 'tables' | 'missing'>): Promise<void> => {
    if (source.secretKey !== null)
      await archive.addText(KEY_NAME, source.secretKey)
    manifest = { format: 1, version: VERSION, createdAt: new Date().toISOString(), ...about, hasKey: source.secretKey !== null, files: [...archive.files] }
    await archive.addText(MANIFEST_NAME, JSON.stringify(manifest))
  }
  const sizeBytes = await (source.databaseUrl.startsWith('file:') ? backUpSqlite : backUpPostgres)(source, file, write, signal)
  return { file, sizeBytes, manifest: manifest! } // written last, or this is not reached
}

type Finish = (archive: ArchiveWriter, about: Pick<BackupManifest, 'dialect' | 'migrations' | 'tables' | 'missing'>) => Promise<void>

/** The bytes are held before the database is copied: all that it names is there until the copy is whole. */
async function backUpSqlite({ databaseUrl, dataDir }: BackupSource, file: string, finish: Finish, signal?: AbortSignal): Promise<number> {
  const path = databaseUrl.slice('file:'.length)
  const found = await stat(path).catch(() => null)
  if (!found)
    throw new BackupError(`there is nothing to back up: ${path} does not exist. Check AGENTOS_DATA_DIR and DATABASE_URL`)
  const artifacts = join(dataDir, 'artifacts')
  await mkdir(artifacts, { recursive: true, mode: 0o700 })
  const log = await stat(`${path}-wal`).catch(() => null)
  // The copy and what is made of it stand side by side for a while.
  await checkRoom(dirname(file), 2 * (found.size + (log?.size ?? 0)))
  const copy = `${file}.part.db`
  const held = await holdBlobs(artifacts)
  try {
    await rm(copy, { force: true })
    copySqlite(path, copy)
    const facts = describeSqlite(copy)
    const { kept, missing, bytes } = await findKept(artifacts, facts)
    await checkRoom(dirname(file), (await stat(copy)).size + bytes)
    return await writeArchive(file, async (archive) => {
      await archive.addFile(DATABASE_NAME, (await stat(copy)).size, createReadStream(copy))
      for (const { sha256, sizeBytes } of kept)
        await archive.addFile(artifactName(sha256), sizeBytes, createReadStream(fileOf(artifacts, sha256)))
      await finish(archive, { dialect: 'sqlite', migrations: facts.migrations, tables: facts.tables, missing })
    }, signal)
  }
  finally {
    held.release()
    await rm(copy, { force: true })
    await rm(`${copy}-journal`, { force: true })
  }
}

async function findKept(artifacts: string, { sha256s }: SqliteFacts) {
  const kept: { sha256: string, sizeBytes: number }[] = []
  const missing: string[] = []
  for (const sha256 of sha256s) {
    const found = /^[0-9a-f]{64}$/.test(sha256) ? await stat(fileOf(artifacts, sha256)).catch(() => null) : null
    if (found)
      kept.push({ sha256, sizeBytes: found.size })
    else
      missing.push(sha256) // it was lost before: no reason to have no backup at all
  }
  return { kept, missing, bytes: kept.reduce((sum, one) => sum + one.sizeBytes, 0) }
}

export function fileOf(artifacts: string, sha256: string): string {
  return join(artifacts, sha256.slice(0, 2), sha256)
}

/** So much of a table is one entry, held in memory. */
const PART_CHARACTERS = 4 * 1024 * 1024

/** The bytes are rows too: one moment has it all. */
async function backUpPostgres({ databaseUrl }: BackupSource, file: string, finish: Finish, signal?: AbortSignal): Promise<number> {
  return withPostgresSnapshot(databaseUrl, async (snapshot) => {
    if (snapshot.migrations.length === 0)
      throw new BackupError('there is nothing to back up: the database of DATABASE_URL has none of the tables of AgentOS')
    await checkRoom(dirname(file), snapshot.sizeBytes)
    return writeArchive(file, async (archive) => {
      const tables: BackupManifest['tables'] = []
      for (const table of snapshot.tables) {
        const sum = createTableSum()
        let part = 0
        let text = ''
        const flush = async (): Promise<void> => {
          if (text !== '')
            await archive.addText(rowsName(table.name, ++part), text)
          text = ''
        }
        for await (const lines of snapshot.read(table)) {
          signal?.throwIfAborted()
          for (const line of lines) {
            sum.add(line)
            text += `${line}\n`
          }
          if (text.length > PART_CHARACTERS)
            await flush()
        }
        await flush()
        const { rows, digest } = sum.value()
        tables.push({ name: table.name, rows, columns: table.columns, digest })
      }
      await finish(archive, { dialect: 'postgresql', migrations: snapshot.migrations, tables, missing: [] })
    }, signal)
  })
}
