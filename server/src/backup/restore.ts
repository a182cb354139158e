import type { BackupManifest } from './manifest.ts'
import type { RestorePlace } from './place.ts'
import { listMigrations } from '../store/migrations/folder.ts'
import { BackupError } from './backup-error.ts'
import { verifyArchive } from './read-archive.ts'
import { prepareFolder, restoreFolder } from './restore-folder.ts'
import { restorePostgres } from './restore-postgresql.ts'

export interface Restored { manifest: BackupManifest, place: RestorePlace }

/**
 * Puts a backup into an empty place: everything in it is verified before anything is written, then the database is brought up to date. When
 * it fails, the place is left empty. Rejects with BackupError or DatabaseError.
 */
export async function restoreBackup(file: string, place: RestorePlace): Promise<Restored> {
  const roomBytes = place.kind === 'folder' ? await prepareFolder(place) : Infinity
  const manifest = await verifyArchive(file, roomBytes)
  await checkFits(file, manifest, place)
  if (place.kind === 'folder')
    await restoreFolder(file, manifest, place)
  else
    await restorePostgres(file, manifest, place)
  return { manifest, place }
}

async function checkFits(file: string, { dialect, migrations, version }: BackupManifest, { kind }: RestorePlace): Promise<void> {
  if (dialect === 'postgresql' && kind === 'folder')
    throw new BackupError(`${file} is of a PostgreSQL database, and goes into one: say --to postgres://…, or set DATABASE_URL`)
  if (dialect === 'sqlite' && kind === 'postgresql')
    throw new BackupError(`${file} is of an SQLite database: restore it into a data folder (--to FOLDER), then agentos move --to postgres://… takes it to PostgreSQL`)
  const known = await listMigrations(dialect)
  const newer = migrations.find(name => !known.includes(name))
  if (newer !== undefined)
    throw new BackupError(`${file} was written by a newer AgentOS (${version}; it has the migration ${newer}, which this version does not know): restore it with that version`)
}
