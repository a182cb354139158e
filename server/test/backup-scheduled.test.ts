import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { createScheduledBackups } from '../src/backup/scheduled.ts'
import { lastBackupAt } from '../src/store/backup-turns.ts'
import { openDatabase } from '../src/store/database.ts'
import { agentos } from './cli-harness.ts'
import { onBothDatabases } from './conformance-harness.ts'
import { startServerProcess } from './process-harness.ts'
import { temporaryFolder } from './server-harness.ts'

onBothDatabases('scheduled backups', (given) => {
  const source = () => ({ databaseUrl: given.where.databaseUrl, dataDir: given.where.dataDir, secretKey: null })

  it('are made by one of several servers, kept by number, and go on being made', async () => {
    const folders = [join(await temporaryFolder(), 'backups'), join(await temporaryFolder(), 'backups')]
    await given.submit()
    const made = vi.fn()
    const failed = vi.fn()
    const options = { db: given.db, source: source(), keep: 2, made, failed, firstMs: 1 }
    const servers = folders.map(folder => createScheduledBackups({ ...options, everyMs: 600_000, folder }))
    servers.forEach(server => server.start())
    await vi.waitFor(() => expect(made).toHaveBeenCalled(), { timeout: 40_000 })
    await pause(1_000)
    expect(made).toHaveBeenCalledTimes(1)
    expect(made.mock.calls[0]![0]).toMatchObject({ runs: 1, removed: 0 })
    expect(Math.abs(Date.now() - (await lastBackupAt(given.db) ?? 0))).toBeLessThan(60_000)
    await Promise.all(servers.map(server => server.stop()))

    const often = createScheduledBackups({ ...options, everyMs: 1_000, folder: folders[0]! })
    await mkdir(folders[0]!, { recursive: true })
    await writeFile(join(folders[0]!, 'agentos-20200101T000000Z.tar.gz.part'), 'of a process that was killed')
    await writeFile(join(folders[0]!, 'notes.tar.gz'), 'of a person')
    often.start()
    await vi.waitFor(() => expect(made.mock.calls.length).toBeGreaterThanOrEqual(5), { timeout: 55_000 })
    await often.stop()
    expect(failed).not.toHaveBeenCalled()
    const names = await readdir(folders[0]!)
    expect(names.filter(name => /^agentos-.*Z\.tar\.gz$/.test(name))).toHaveLength(2)
    expect(names).toContain('notes.tar.gz')
    expect(names.filter(name => name.includes('.part'))).toEqual([])
  }, 120_000)

  it('that cannot be made are told of, and are not counted as made', async () => {
    const before = await lastBackupAt(given.db)
    const file = join(await temporaryFolder(), 'a file')
    await writeFile(file, '')
    const failed = vi.fn()
    const backups = createScheduledBackups({ db: given.db, source: source(), everyMs: 500, folder: join(file, 'backups'), keep: 2, made: () => {}, failed, firstMs: 1 })
    backups.start()
    await vi.waitFor(() => expect(failed).toHaveBeenCalled(), { timeout: 40_000 })
    await backups.stop()
    expect(String(failed.mock.calls[0]![0])).toContain('ENOTDIR')
    expect(await lastBackupAt(given.db)).toBe(before)
  })
})

it('a server makes them by its settings, says when in its metrics, and what it made can be restored', async () => {
  const dataDir = await temporaryFolder()
  const server = await startServerProcess(dataDir, { env: { AGENTOS_BACKUP_EVERY: '1h', AGENTOS_BACKUP_KEEP: '3' } })
  const metric = async (): Promise<number> => Number(/^agentos_backup_last_success_timestamp_seconds (\S+)$/m.exec((await agentos(['metrics'], server)).stdout)![1])
  expect(await metric()).toBe(0)
  const folder = join(dataDir, 'backups')
  await vi.waitFor(async () => expect((await readdir(folder)).filter(name => name.endsWith('.tar.gz'))).toHaveLength(1), { timeout: 50_000, interval: 500 })
  await vi.waitFor(async () => expect(Math.abs(Date.now() / 1000 - await metric())).toBeLessThan(60), { timeout: 20_000, interval: 500 })
  await server.stop()
  const copy = join(await temporaryFolder(), 'copy')
  expect(await agentos(['restore', join(folder, (await readdir(folder))[0]!), '--to', copy], dataDir)).toMatchObject({ code: 0 })
  await (await openDatabase({ databaseUrl: `file:${join(copy, 'agentos.db')}`, dataDir: copy })).close()
}, 120_000)
