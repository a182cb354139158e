import type { BackupManifest } from './manifest.ts'
import type { RestorePlace } from './place.ts'
import { lstat, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { RESTORE_MARK } from '../domain/restore-mark.ts'
import { openDatabase } from '../store/database.ts'
import { lockDatabase } from '../store/lock.sqlite.ts'
import { describeSqlite, faultOfSqlite } from '../store/rows/copy.sqlite.ts'
import { BackupError } from './backup-error.ts'
import { fileOf } from './make-backup.ts'
import { DATABASE_NAME, KEY_NAME, MANIFEST_NAME } from './manifest.ts'
import { checking, readEntries } from './read-archive.ts'
import { roomIn } from './room.ts'
import { writeNew } from './write-new.ts'

type Folder = Extract<RestorePlace, { kind: 'folder' }>

/** What may be in an empty folder: the root of a file system has it. */
const NOTHING = ['lost+found']

/** Makes the folder if need be, and sees that nothing is in it. Resolves to the room that is there. */
export async function prepareFolder({ dataDir, databasePath }: Folder): Promise<number> {
  const made = await mkdir(dataDir, { recursive: true, mode: 0o711 })
  const names = (await readdir(dataDir)).filter(name => !NOTHING.includes(name))
  if (names.includes(RESTORE_MARK) && names.every(name => isOurs(name, databasePath)))
    await clear(dataDir, databasePath)
  else if (names.length > 0)
    throw new BackupError(`${dataDir} is not empty (it has ${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}), and nothing that is there is ever overwritten: name an empty folder, or move that one aside first`)
  if (await lstat(databasePath).catch(() => null))
    throw new BackupError(`${databasePath} exists already, and nothing that is there is ever overwritten: move it aside first`)
  const room = await roomIn(dataDir)
  if (made !== undefined)
    await rm(dataDir, { recursive: true }) // until there is something to put into it
  return room
}

/** The database has its name only when all the rest is there. */
export async function restoreFolder(file: string, manifest: BackupManifest, place: Folder): Promise<void> {
  const { dataDir, databasePath } = place
  await mkdir(dataDir, { recursive: true, mode: 0o711 })
  await mkdir(dirname(databasePath), { recursive: true, mode: 0o711 })
  await writeFile(join(dataDir, RESTORE_MARK), 'A backup is being restored here. When that was interrupted: restore it once more.\n', { flag: 'wx' })
  const draft = `${databasePath}.restoring`
  const lock = await lockDatabase(databasePath, dataDir).catch(async (error: unknown) => {
    await rm(join(dataDir, RESTORE_MARK), { force: true })
    throw error
  })
  try {
    await unpack(file, manifest, dataDir, draft)
    checkDatabase(file, manifest, draft)
    await rename(draft, databasePath)
  }
  catch (error) {
    lock.release()
    await clear(dataDir, databasePath)
    throw error
  }
  lock.release()
  // Takes the lock itself, and brings the tables up to date.
  const db = await openDatabase({ databaseUrl: `file:${databasePath}`, dataDir })
  await db.close()
  await rm(join(dataDir, RESTORE_MARK))
}

async function unpack(file: string, manifest: BackupManifest, dataDir: string, draft: string): Promise<void> {
  const listed = new Map(manifest.files.map(one => [one.name, one]))
  await readEntries(file, async ({ name, stream }) => {
    const one = listed.get(name)
    if (name === MANIFEST_NAME)
      return
    if (!one)
      throw new BackupError(`${file} was changed while it was read: ${name} is new in it`)
    const to = placeOf(name, dataDir, draft)
    await mkdir(dirname(to), { recursive: true, mode: 0o700 })
    await writeNew(to, stream, checking(file, one))
    listed.delete(name)
  })
  const [missing] = listed.keys()
  if (missing !== undefined)
    throw new BackupError(`${file} was changed while it was read: ${missing} is not in it any more`)
}

/** The names have been held against what ours look like: there is no other place. */
function placeOf(name: string, dataDir: string, draft: string): string {
  if (name === DATABASE_NAME)
    return draft
  return name === KEY_NAME ? join(dataDir, KEY_NAME) : fileOf(join(dataDir, 'artifacts'), name.slice('artifacts/'.length))
}

function checkDatabase(file: string, { migrations, tables }: BackupManifest, draft: string): void {
  const fault = faultOfSqlite(draft)
  if (fault !== null)
    throw new BackupError(`the database in ${file} is damaged: ${fault}. Use another backup`)
  const facts = describeSqlite(draft)
  if (JSON.stringify(facts.migrations) !== JSON.stringify(migrations))
    throw new BackupError(`the database in ${file} is another one than its manifest says: its migrations differ`)
  const other = tables.find(({ name, rows }) => facts.tables.find(one => one.name === name)?.rows !== rows)
  if (other)
    throw new BackupError(`the database in ${file} is another one than its manifest says: ${other.name} should have ${other.rows} rows`)
}

/** A server that has been started there since has made more than a restore does: that is somebody's data. */
function isOurs(name: string, databasePath: string): boolean {
  const database = basename(databasePath)
  return [RESTORE_MARK, KEY_NAME, 'artifacts'].includes(name) || name.startsWith('lock.db') || name.startsWith(database)
}

/** What a restore makes, and nothing else. */
async function clear(dataDir: string, databasePath: string): Promise<void> {
  for (const path of [databasePath, `${databasePath}.restoring`].flatMap(path => ['', '-wal', '-shm', '-journal'].map(suffix => path + suffix)))
    await rm(path, { force: true })
  for (const path of [join(dataDir, 'lock.db'), join(dataDir, 'lock.db.holder'), `${databasePath}.lock.db`, `${databasePath}.lock.db.holder`, join(dataDir, KEY_NAME)])
    await rm(path, { force: true })
  await rm(join(dataDir, 'artifacts'), { recursive: true, force: true })
  await rm(join(dataDir, RESTORE_MARK), { force: true })
}
