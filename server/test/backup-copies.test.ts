import type { RestorePlace } from '../src/backup/place.ts'
import type { Dialect, FreshDatabase } from './conformance-harness.ts'
import { createReadStream } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { createGunzip, gzipSync } from 'node:zlib'
import { extract, pack } from 'tar-stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createArtifacts } from '../src/artifacts/artifacts.ts'
import { makeBackup } from '../src/backup/make-backup.ts'
import { moveToPostgres } from '../src/backup/move.ts'
import { restoreBackup } from '../src/backup/restore.ts'
import { checkRoom } from '../src/backup/room.ts'
import { ensureOwner } from '../src/store/actor.ts'
import { openDatabase } from '../src/store/database.ts'
import { freePort } from '../src/store/develop/free-port.ts'
import { migrationAdapterPostgresql } from '../src/store/migrations/adapter.postgresql.ts'
import { migrationAdapterSqlite } from '../src/store/migrations/adapter.sqlite.ts'
import { listMigrations } from '../src/store/migrations/folder.ts'
import { applyMigrations } from '../src/store/migrations/migrate.ts'
import { copySqlite } from '../src/store/rows/copy.sqlite.ts'
import { checkDatabase } from './checker.ts'
import { freshDatabase, onBothDatabases } from './conformance-harness.ts'
import { fillEveryTable, readEveryTable, tablesOfModels } from './every-table.ts'
import { temporaryFolder } from './server-harness.ts'

/** An empty place of the same kind, gone after the test. */
async function emptyPlace(dialect: Dialect): Promise<{ place: RestorePlace, where: Pick<FreshDatabase, 'databaseUrl' | 'dataDir'> }> {
  const dataDir = join(await temporaryFolder(), 'restored')
  if (dialect === 'sqlite') {
    const databasePath = join(dataDir, 'agentos.db')
    return { place: { kind: 'folder', dataDir, databasePath }, where: { dataDir, databaseUrl: `file:${databasePath}` } }
  }
  const { databaseUrl } = await freshDatabase(dialect)
  return { place: { kind: 'postgresql', url: databaseUrl, dataDir }, where: { databaseUrl, dataDir } }
}

async function aDatabase(dialect: Dialect): Promise<FreshDatabase> {
  const where = await freshDatabase(dialect)
  onTestFinished(where.remove)
  await (await openDatabase(where)).close()
  return where
}

async function aFile(): Promise<string> {
  return join(await temporaryFolder(), 'backup.tar.gz')
}

describe.each(['sqlite', 'postgresql'] as const)('a backup (%s)', (dialect) => {
  it('holds every row of every table of the models, and gives each of them back as it was', async () => {
    const where = await aDatabase(dialect)
    await fillEveryTable(dialect, where)
    const file = await aFile()
    const { manifest } = await makeBackup({ ...where, secretKey: null }, file)
    expect(manifest.tables.map(({ name }) => name).sort()).toEqual(await tablesOfModels())

    const restored = await emptyPlace(dialect)
    await restoreBackup(file, restored.place)
    const [before, after] = [await readEveryTable(dialect, where), await readEveryTable(dialect, restored.where)]
    expect(Object.values(before).every(rows => rows.length >= 2)).toBe(true)
    expect(after).toEqual(before)
  })

  it('of an earlier version is brought forward once it is restored', async () => {
    const where = await freshDatabase(dialect)
    onTestFinished(where.remove)
    const early = (await listMigrations(dialect)).slice(0, 4)
    const adapter = dialect === 'sqlite' ? migrationAdapterSqlite(where.databaseUrl.slice('file:'.length)) : migrationAdapterPostgresql({ connectionString: where.databaseUrl })
    await applyMigrations(dialect, adapter, [], early)
    await fillEveryTable(dialect, where)
    const file = await aFile()
    expect((await makeBackup({ ...where, secretKey: null }, file)).manifest.migrations).toEqual(early)

    const restored = await emptyPlace(dialect)
    await restoreBackup(file, restored.place)
    const after = await readEveryTable(dialect, restored.where)
    expect(Object.keys(after)).toEqual(await tablesOfModels())
    expect(after.secrets).toEqual((await readEveryTable(dialect, where)).secrets)
  })

  it('is refused by a place that is not empty, and nothing there is touched', async () => {
    const where = await aDatabase(dialect)
    const file = await aFile()
    await makeBackup({ ...where, secretKey: null }, file)
    const place: RestorePlace = dialect === 'sqlite'
      ? { kind: 'folder', dataDir: where.dataDir, databasePath: where.databaseUrl.slice('file:'.length) }
      : { kind: 'postgresql', url: where.databaseUrl, dataDir: where.dataDir }
    const before = await readEveryTable(dialect, where)
    await expect(restoreBackup(file, place)).rejects.toThrow(/is not empty/)
    expect(await readEveryTable(dialect, where)).toEqual(before)
  })

  it('that is damaged at any of some places is refused, and leaves the place empty', async () => {
    const where = await aDatabase(dialect)
    await fillEveryTable(dialect, where)
    const file = await aFile()
    await makeBackup({ ...where, secretKey: null }, file)
    const bytes = await readFile(file)
    for (const at of [0.1, 0.4, 0.7, 0.95]) {
      const damaged = Buffer.from(bytes)
      const index = Math.floor(bytes.length * at)
      damaged[index] = damaged[index]! ^ 0xFF
      await writeFile(`${file}.damaged`, damaged)
      const { place, where: there } = await emptyPlace(dialect)
      await expect(restoreBackup(`${file}.damaged`, place)).rejects.toMatchObject({ name: 'BackupError', message: expect.stringMatching(/damaged|not whole|no backup/) as unknown })
      await isEmpty(dialect, there)
    }
    await writeFile(`${file}.cut`, bytes.subarray(0, bytes.length - 40))
    await expect(restoreBackup(`${file}.cut`, (await emptyPlace(dialect)).place)).rejects.toMatchObject({ name: 'BackupError' })
  })

  it('is 0600, is never written over another file, and leaves nothing when it is stopped', async () => {
    const where = await aDatabase(dialect)
    const file = await aFile()
    await makeBackup({ ...where, secretKey: null }, file)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    if (dialect === 'sqlite') {
      copySqlite(where.databaseUrl.slice('file:'.length), `${where.dataDir}/copy`) // what lies beside it meanwhile
      expect((await stat(`${where.dataDir}/copy`)).mode & 0o777).toBe(0o600)
    }
    await expect(makeBackup({ ...where, secretKey: null }, file)).rejects.toThrow(/exists already/)
    await expect(makeBackup({ ...where, secretKey: null }, `${file}.2`, AbortSignal.abort(new Error('stopped')))).rejects.toThrow()
    expect(await readdir(join(file, '..'))).toEqual(['backup.tar.gz'])
    await writeFile(`${file}.2.part`, 'of one that was killed')
    await expect(makeBackup({ ...where, secretKey: null }, `${file}.2`)).rejects.toThrow(/another backup is writing it now, or one was killed/)
    await expect(checkRoom(where.dataDir, 2 ** 60)).rejects.toThrow(/MiB free, and up to 1099511627776 MiB are needed: free some space/)
  })

  it('carries the key only when it is told to', async () => {
    const where = await aDatabase(dialect)
    const key = 'k'.repeat(43)
    const file = await aFile()
    await makeBackup({ ...where, secretKey: key }, file)
    expect((await entriesOf(file)).find(({ name }) => name === 'secret.key')?.bytes.toString()).toBe(key)
    const { place, where: there } = await emptyPlace(dialect)
    await restoreBackup(file, place)
    expect((await readFile(join(there.dataDir, 'secret.key'), 'utf8')).trim()).toBe(key)
    expect((await stat(join(there.dataDir, 'secret.key'))).mode & 0o777).toBe(0o600)
    await makeBackup({ ...where, secretKey: null }, `${file}.2`)
    expect((await entriesOf(`${file}.2`)).some(({ name }) => name === 'secret.key')).toBe(false)
  })

  it('of a newer version is refused with a sentence', async () => {
    const where = await aDatabase(dialect)
    const file = await aFile()
    await makeBackup({ ...where, secretKey: null }, file)
    await rewrite(file, manifest => ({ ...manifest, migrations: [...manifest.migrations as string[], '99990101000000_later'] }))
    await expect(restoreBackup(file, (await emptyPlace(dialect)).place)).rejects.toThrow(/written by a newer AgentOS .*99990101000000_later/)
    await rewrite(file, manifest => ({ ...manifest, format: 2 }))
    await expect(restoreBackup(file, (await emptyPlace(dialect)).place)).rejects.toThrow(/written by a newer AgentOS \(its format is 2/)
  })
})

onBothDatabases('kept bytes', (given) => {
  it('are in the backup, and are there again where it is restored', async () => {
    const ref = await given.running()
    const bytes = Buffer.alloc(2.5 * 1024 * 1024, 'kept bytes ')
    const saved = await given.artifacts.save(ref, { name: 'output.log', step: null, mediaType: 'text/plain', isWhole: true }, Readable.from([bytes]), 10 * 1024 * 1024)
    const empty = await given.artifacts.save(ref, { name: 'empty', step: null, mediaType: 'text/plain', isWhole: true }, Readable.from([]), 10)
    const file = await aFile()
    await makeBackup({ ...given.where, secretKey: null }, file)
    const { place, where } = await emptyPlace(given.dialect)
    await restoreBackup(file, place)
    const db = await openDatabase(where)
    const artifacts = createArtifacts({ path: join(where.dataDir, 'artifacts'), db })
    expect(await buffer((await artifacts.read(saved.sha256))!.stream())).toEqual(bytes)
    expect((await artifacts.read(empty.sha256))!.sizeBytes).toBe(0)
    expect(await checkDatabase(db)).toEqual([])
    await db.close()
  })
})

describe('while a backup reads kept files (sqlite)', () => {
  it('none that its database names is removed, and those that nothing names go afterwards', async () => {
    const { holdBlobs } = await import('../src/store/hold-blobs.sqlite.ts')
    const where = await aDatabase('sqlite')
    const db = await openDatabase(where)
    const artifacts = createArtifacts({ path: join(where.dataDir, 'artifacts'), db })
    await artifacts.start()
    await ensureOwner(db)
    const draft = await artifacts.draft(Readable.from([Buffer.from('soon unused')]), 100)
    const file = join(where.dataDir, 'artifacts', draft.sha256.slice(0, 2), draft.sha256)
    await mkdir(join(file, '..'), { recursive: true })
    await copyFile(draft.path, file)
    const held = await holdBlobs(join(where.dataDir, 'artifacts'))
    const also = await holdBlobs(join(where.dataDir, 'artifacts'))
    await artifacts.removeUnused([draft.sha256])
    held.release()
    await artifacts.removeUnused([])
    expect((await stat(file)).size).toBe(11)
    also.release()
    await artifacts.removeUnused([])
    await expect(stat(file)).rejects.toThrow('ENOENT')
    await db.close()
  })
})

describe('what is no backup of ours', () => {
  const plain = (name: string, text = 'x') => ({ header: { name }, text })
  it.each([
    ['a name that leads out', [plain('../../etc/cron.d/x')]],
    ['an absolute name', [plain('/etc/passwd')]],
    ['a link', [{ header: { name: 'secret.key', type: 'symlink' as const, linkname: '/etc/shadow' }, text: '' }]],
    ['a hard link', [{ header: { name: 'secret.key', type: 'link' as const, linkname: 'database.sqlite' }, text: '' }]],
    ['a folder', [{ header: { name: 'artifacts', type: 'directory' as const }, text: '' }]],
    ['a device', [{ header: { name: 'secret.key', type: 'character-device' as const }, text: '' }]],
    ['one name twice', [plain('secret.key'), plain('secret.key')]],
    ['no manifest', [plain('secret.key')]],
    ['a manifest of something else', [plain('agentos-backup.json', '{"format":1}')]],
    ['a manifest that is not JSON', [plain('agentos-backup.json', 'hello')]],
    ['something behind its manifest', [plain('agentos-backup.json', manifestOf([])), plain('secret.key')]],
    ['a file that its manifest does not have', [plain('secret.key'), plain('agentos-backup.json', manifestOf([]))]],
    ['a manifest that names a file that is not there', [plain('agentos-backup.json', manifestOf([{ name: 'secret.key', sizeBytes: 1, sha256: '0'.repeat(64) }]))]],
    ['a file with another hash', [plain('secret.key'), plain('agentos-backup.json', manifestOf([{ name: 'secret.key', sizeBytes: 1, sha256: '0'.repeat(64) }]))]],
    ['a name twice under another one of a long header', [{ header: { name: `${'a/'.repeat(80)}x` }, text: 'x' }]],
  ])('%s: refused with a sentence, and nothing is written', async (_, entries) => {
    const file = await aFile()
    await writeTar(file, entries)
    const { place, where } = await emptyPlace('sqlite')
    await expect(restoreBackup(file, place)).rejects.toMatchObject({ name: 'BackupError' })
    await isEmpty('sqlite', where)
  })

  it.each([['text', Buffer.from('not an archive')], ['a gzip of nothing', gzipSync('')], ['an empty file', Buffer.alloc(0)]])('%s: the same', async (_, bytes) => {
    const file = await aFile()
    await writeFile(file, bytes)
    await expect(restoreBackup(file, (await emptyPlace('sqlite')).place)).rejects.toMatchObject({ name: 'BackupError' })
  })

  it('an endless one is given up where the disk would be full', async () => {
    const file = await aFile()
    const archive = pack()
    archive.entry({ name: 'database.sqlite', size: 2 ** 52 }) // four petabytes, says its header
    const head = await new Promise<Buffer>(resolve => archive.once('data', bytes => resolve(bytes as Buffer)))
    await writeFile(file, gzipSync(Buffer.concat([head, Buffer.alloc(1024 * 1024)])))
    await expect(restoreBackup(file, (await emptyPlace('sqlite')).place)).rejects.toThrow(/holds more than the \d+ bytes that are free/)
  })

  it('goes into the other database only by way of its own', async () => {
    const where = await aDatabase('sqlite')
    const file = await aFile()
    await makeBackup({ ...where, secretKey: null }, file)
    await expect(restoreBackup(file, (await emptyPlace('postgresql')).place)).rejects.toThrow(/agentos move --to/)
  })
})

describe('a restore that was killed', () => {
  it('is made anew by the next one, and no server starts in what it left', async () => {
    const where = await aDatabase('sqlite')
    await fillEveryTable('sqlite', where)
    const file = await aFile()
    await makeBackup({ ...where, secretKey: null }, file)
    const { place, where: there } = await emptyPlace('sqlite')
    await mkdir(join(there.dataDir, 'artifacts', 'ab'), { recursive: true })
    await writeFile(join(there.dataDir, 'restoring'), '')
    await writeFile(join(there.dataDir, 'agentos.db.restoring'), 'half')
    const { prepareDataFolder } = await import('../src/config/data-folder.ts')
    const { loadConfig } = await import('../src/config/config.ts')
    await expect(prepareDataFolder(loadConfig({ AGENTOS_DATA_DIR: there.dataDir }))).rejects.toThrow(/not restored yet/)
    await restoreBackup(file, place)
    expect(await readEveryTable('sqlite', there)).toEqual(await readEveryTable('sqlite', where))
    expect(await readdir(there.dataDir)).not.toContain('restoring')
  })

  it('is not made anew over what a server has begun there since', async () => {
    const where = await aDatabase('sqlite')
    const file = await aFile()
    await makeBackup({ ...where, secretKey: null }, file)
    const { place, where: there } = await emptyPlace('sqlite')
    await mkdir(there.dataDir)
    await writeFile(join(there.dataDir, 'restoring'), '')
    await writeFile(join(there.dataDir, 'credential'), 'of somebody')
    await expect(restoreBackup(file, place)).rejects.toThrow(/is not empty/)
    expect(await readdir(there.dataDir)).toEqual(['credential', 'restoring'])
  })
})

describe('a move to PostgreSQL', () => {
  it('has every row of every table, and the kept files', async () => {
    const where = await aDatabase('sqlite')
    await fillEveryTable('sqlite', where)
    const db = await openDatabase(where)
    const artifacts = createArtifacts({ path: join(where.dataDir, 'artifacts'), db })
    await artifacts.start()
    const bytes = Buffer.alloc(3 * 1024 * 1024, 'moved ')
    const draft = await artifacts.draft(Readable.from([bytes]), bytes.length)
    await artifacts.keep([draft], async () => void await db.batch([{ sql: `UPDATE artifacts SET "sha256" = $1`, params: [draft.sha256] }]))
    await db.batch([{ sql: 'DELETE FROM blobs', params: [] }, { sql: 'DELETE FROM blob_chunks', params: [] }])
    await db.close()
    const before = await readEveryTable('sqlite', where)

    const { databaseUrl } = await freshDatabase('postgresql')
    const moved = await moveToPostgres(where, databaseUrl)
    expect(moved.blobs).toMatchObject({ count: 1, bytes: bytes.length })
    const { blobs: _blobs, blob_chunks: _chunks, ...after } = await readEveryTable('postgresql', { databaseUrl })
    const { blobs: _none, blob_chunks: _nothing, ...expected } = before
    expect(after).toEqual(expected)
    const target = await openDatabase({ databaseUrl, dataDir: where.dataDir })
    const there = createArtifacts({ path: join(where.dataDir, 'artifacts'), db: target })
    expect(await buffer((await there.read(draft.sha256))!.stream())).toEqual(bytes)
    // What counts by itself would have to be set after a copy.
    expect(await target.read({ sql: `SELECT relname FROM pg_class WHERE relkind = 'S'`, params: [] })).toEqual([])
    await target.close()
    expect(await readEveryTable('sqlite', where)).toEqual(before)
  })

  it('is refused while a server has the SQLite file, by a database that is not empty, and when no PostgreSQL answers', async () => {
    const where = await aDatabase('sqlite')
    const other = await aDatabase('postgresql')
    await expect(moveToPostgres(where, other.databaseUrl)).rejects.toThrow(/is not empty/)
    const db = await openDatabase(where)
    await expect(moveToPostgres(where, (await freshDatabase('postgresql')).databaseUrl)).rejects.toMatchObject({ code: 'held' })
    await db.close()
    await expect(moveToPostgres(where, `postgres://127.0.0.1:${await freePort()}/none`)).rejects.toMatchObject({ code: 'unreachable' })
  })

  it('that fails on its way leaves the target empty and the source as it was', async () => {
    const where = await aDatabase('sqlite')
    await fillEveryTable('sqlite', where)
    const db = await openDatabase(where)
    await db.batch([{ sql: `UPDATE runs SET "steps" = 'many'`, params: [] }]) // SQLite lets it stand in a column of integers
    await db.close()
    const { databaseUrl } = await freshDatabase('postgresql')
    await expect(moveToPostgres(where, databaseUrl)).rejects.toThrow(/a row of runs has string in steps/)
    await isEmpty('postgresql', { databaseUrl, dataDir: where.dataDir })
  })
})

async function isEmpty(dialect: Dialect, where: Pick<FreshDatabase, 'databaseUrl' | 'dataDir'>): Promise<void> {
  if (dialect === 'sqlite')
    expect(await readdir(where.dataDir).catch(() => [])).toEqual([])
  else
    expect(await readEveryTable(dialect, where)).toEqual({})
}

interface TarEntry { header: { name: string, type?: 'symlink' | 'link' | 'directory' | 'character-device', linkname?: string }, text: string }

async function writeTar(file: string, entries: TarEntry[]): Promise<void> {
  const archive = pack()
  for (const { header, text } of entries)
    archive.entry(header, text)
  archive.finalize()
  await writeFile(file, gzipSync(await buffer(archive as AsyncIterable<Buffer>)))
}

async function entriesOf(file: string): Promise<{ name: string, bytes: Buffer }[]> {
  const archive = createReadStream(file).pipe(createGunzip()).pipe(extract())
  const found: { name: string, bytes: Buffer }[] = []
  for await (const entry of archive)
    found.push({ name: entry.header.name, bytes: await buffer(entry as AsyncIterable<Buffer>) })
  return found
}

/** With another manifest. */
async function rewrite(file: string, change: (manifest: Record<string, unknown>) => Record<string, unknown>): Promise<void> {
  const entries = await entriesOf(file)
  const archive = pack()
  for (const { name, bytes } of entries)
    archive.entry({ name }, name === 'agentos-backup.json' ? JSON.stringify(change(JSON.parse(bytes.toString()) as Record<string, unknown>)) : bytes)
  archive.finalize()
  await rm(file)
  await writeFile(file, gzipSync(await buffer(archive as AsyncIterable<Buffer>)))
}

function manifestOf(files: { name: string, sizeBytes: number, sha256: string }[]): string {
  return JSON.stringify({ format: 1, version: '0', createdAt: '2026-11-25T12:00:00Z', dialect: 'sqlite', migrations: ['20261123170000_spine'], tables: [], hasKey: false, missing: [], files })
}
