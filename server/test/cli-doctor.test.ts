import type { Check } from '../src/checks/check.ts'
import { spawnSync } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import BetterSqlite3 from 'better-sqlite3'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { checkClock } from '../src/checks/database.ts'
import { checkDisk, checkNode } from '../src/checks/machine.ts'
import { agentos } from './cli-harness.ts'
import { freshDatabase } from './conformance-harness.ts'
import { COMMAND_LINE, runServer, spawnProcess, startServerProcess } from './process-harness.ts'
import { temporaryFolder } from './server-harness.ts'

// Each look is a process that starts an executor of its own.
vi.setConfig({ testTimeout: 180_000 })

const isRoot = process.getuid?.() === 0

interface Looked { ok: boolean, code: number | null, of: (name: string) => Check | undefined, names: string[] }

async function doctor(dataDir: string, env: Record<string, string> = {}): Promise<Looked> {
  const { code, stdout } = await agentos(['doctor', '--json'], dataDir, { env })
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean, checks: Check[] }
  return { ok, code, of: name => checks.find(check => check.name === name), names: checks.map(({ name }) => name) }
}

let left: string
beforeAll(async () => {
  left = await mkdtemp(join(tmpdir(), 'agentos-left-'))
  await (await startServerProcess(left, { isShared: true })).stop()
})
afterAll(() => rm(left, { recursive: true }))

/** A data folder with a database in it that a server has left. */
async function usedFolder(): Promise<string> {
  const dataDir = await temporaryFolder()
  await cp(left, dataDir, { recursive: true })
  return dataDir
}

it('looks at everything on a machine where nothing was started yet, makes nothing, and exits 0', async () => {
  const dataDir = join(await temporaryFolder(), 'data')
  const { ok, code, of, names } = await doctor(await temporaryFolder(), { AGENTOS_DATA_DIR: dataDir })
  const own = names.filter(name => !/^(?:limits|isolation: container)/.test(name))
  expect(own).toEqual(['node', 'dependencies', 'configuration', 'data folder', 'keys', 'disk', 'secret key', 'database', 'key of the database', 'clock', 'agents', 'pages', 'port', 'isolation: process', 'isolation: sandbox', 'models'])
  expect(names).toContain('limits')
  expect(of('data folder')!.found).toBe(`${dataDir}, made at the first start`)
  expect(of('database')!.found).toBe('sqlite, made at the first start')
  expect(of('models')).toMatchObject({ result: 'warning', mend: expect.stringContaining('OPENAI_API_KEY') })
  expect(of('dependencies')!.found).toMatch(/^SQLite 3\.\d+/)
  expect({ ok, code }).toEqual({ ok: true, code: 0 })
  await expect(chmod(dataDir, 0o700)).rejects.toThrow(/ENOENT/)
})

it('of what a server has left it says that it is migrated, and of one that runs what it says of itself', async () => {
  const dataDir = await temporaryFolder()
  const server = await startServerProcess(dataDir)
  const running = await doctor(dataDir)
  expect(running.of('server')!.found).toMatch(new RegExp(`^runs at ${server.url}; its database \\(sqlite\\) answers in`))
  expect(running.of('database')).toMatchObject({ result: 'ok', found: expect.stringMatching(/^sqlite, answers in \d+\.\d ms, migrated \(\d+\)$/) })
  expect([running.names.includes('port'), running.code]).toEqual([false, 0])
  await server.stop()
  const { of, code } = await doctor(dataDir)
  expect(of('keys')).toMatchObject({ result: 'ok', found: '3 of 3 made, for this user alone' })
  expect([of('database')!.result, of('clock')!.result, code]).toEqual(['ok', 'ok', 0])
})

describe('exits 1 and says what to do about', () => {
  it('a setting that is wrong', async () => {
    const { of, code } = await doctor(await temporaryFolder(), { AGENTOS_MAX_AGENTS: 'none' })
    expect(of('configuration')).toMatchObject({ result: 'error', found: expect.stringMatching(/^AGENTOS_MAX_AGENTS: expected a whole number/) })
    expect(code).toBe(1)
  })

  it('a port that a stranger has', async () => {
    const stranger = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void stranger.close())
    await new Promise(resolve => stranger.once('listening', resolve))
    const { port } = stranger.address() as { port: number } // listening on TCP
    const { of, code } = await doctor(await temporaryFolder(), { AGENTOS_PORT: String(port) })
    expect(of('port')).toMatchObject({ result: 'error', found: `127.0.0.1:${port}: another program listens there`, mend: 'stop that program, or set AGENTOS_PORT' })
    expect(code).toBe(1)
  })

  it('a secret key that stands in examples, with which nothing starts either', async () => {
    const env = { AGENTOS_SECRET_KEY: 'change-me-to-a-random-value-of-32-characters' }
    const { of, code } = await doctor(await temporaryFolder(), env)
    expect(of('secret key')).toMatchObject({ result: 'error', found: expect.stringContaining('known default'), mend: expect.stringContaining('openssl rand') })
    expect(code).toBe(1)
    const server = runServer(await temporaryFolder(), env)
    expect(await server.exited).toEqual([1, null])
    expect(server.stderr()).toMatch(/^secret key: AGENTOS_SECRET_KEY is a known default, .+ What to do: set a random one .+\n$/)
  })

  it('a key that is not the one that secrets were sealed with', async () => {
    const dataDir = await usedFolder()
    const { code: stored } = await agentosWithInput(['secret', 'set', 'TOKEN'], dataDir, 'a-value-of-some-length-4711')
    expect(stored).toBe(0)
    expect((await doctor(dataDir)).of('key of the database')).toMatchObject({ result: 'ok', found: 'fits' })
    const { of, code } = await doctor(dataDir, { AGENTOS_SECRET_KEY: 'another key of at least thirty-two letters' })
    expect(of('key of the database')).toMatchObject({ result: 'error', found: 'secrets that are stored cannot be opened with this key: TOKEN' })
    expect(code).toBe(1)
  })

  it('a database of a newer version, one that was cut short, and a file that is none', async () => {
    const dataDir = await usedFolder()
    const path = join(dataDir, 'agentos.db')
    const database = new BetterSqlite3(path)
    database.exec(`INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('x', 'x', '29990101000000_from_the_future', 1)`)
    database.close()
    expect((await doctor(dataDir)).of('database')).toMatchObject({ result: 'error', found: expect.stringContaining('newer AgentOS'), mend: expect.stringContaining('newer one') })
    await rename(path, `${path}.kept`)
    await writeFile(path, '')
    expect((await doctor(dataDir)).of('database')).toMatchObject({ result: 'error', found: expect.stringContaining('is empty: it was cut short') })
    await writeFile(path, 'this is a diary, and no database at all'.repeat(20))
    const { of, code } = await doctor(dataDir)
    expect(of('database')).toMatchObject({ result: 'error', found: expect.stringContaining('is not an SQLite database'), mend: 'restore it from a backup' })
    expect(code).toBe(1)
  })

  it('a key file that is damaged', async () => {
    const dataDir = await usedFolder()
    await writeFile(join(dataDir, 'secret.key'), 'short\n')
    const { of, code } = await doctor(dataDir)
    expect(of('keys')).toMatchObject({ result: 'error', found: expect.stringMatching(/secret\.key is damaged: expected at least 32 characters, got 5$/) })
    expect(code).toBe(1)
  })

  it.runIf(isRoot)('a data folder that this user may not write, and one that cannot be made', async () => {
    const folder = await temporaryFolder()
    await chmod(folder, 0o755)
    const dataDir = join(folder, 'data')
    await mkdir(dataDir, { mode: 0o755 })
    const asNobody = async (at: string) => {
      const command = spawnProcess('setpriv', ['--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath, COMMAND_LINE, 'doctor', '--json'], at, { cwd: '/', env: { HOME: '/' } })
      const [code] = await command.exited
      const { checks } = JSON.parse(command.stdout()) as { checks: Check[] }
      return { code, check: checks.find(({ name }) => name === 'data folder') }
    }
    expect(await asNobody(dataDir)).toMatchObject({ code: 1, check: { result: 'error', found: expect.stringContaining('EACCES'), mend: expect.stringContaining('AGENTOS_DATA_DIR') } })
    expect(await asNobody(join(dataDir, 'deeper'))).toMatchObject({ code: 1, check: { result: 'error', found: expect.stringMatching(/deeper cannot be made: EACCES/) } })
  })
})

describe('warns, and exits 0, of', () => {
  it('migrations that the next start applies, and leaves them alone', async () => {
    const dataDir = await usedFolder()
    const path = join(dataDir, 'agentos.db')
    const last = <T>(sql: string) => {
      const database = new BetterSqlite3(path)
      const row = database.prepare(sql).get() as T // the columns that it names
      database.close()
      return row
    }
    const { name } = last<{ name: string }>('SELECT max(migration_name) AS name FROM _prisma_migrations')
    const database = new BetterSqlite3(path)
    database.prepare('DELETE FROM _prisma_migrations WHERE migration_name = ?').run(name)
    database.close()
    const { of, code } = await doctor(dataDir)
    expect(of('database')).toMatchObject({ result: 'warning', found: expect.stringMatching(new RegExp(`^sqlite, 1 of \\d+ migrations are not applied: ${name}$`)), mend: expect.stringContaining('the next start applies them') })
    expect(code).toBe(0)
    expect(last<{ name: string }>('SELECT max(migration_name) AS name FROM _prisma_migrations').name).not.toBe(name)
  })

  it('keys that others may read', async () => {
    const dataDir = await usedFolder()
    await chmod(join(dataDir, 'credential'), 0o644)
    const { of, code } = await doctor(dataDir)
    expect(of('keys')).toMatchObject({ result: 'warning', found: expect.stringMatching(/credential may be read by other users \(mode 644\)$/) })
    expect(code).toBe(0)
  })

  it('runs that are of tomorrow: the clock was put back', async () => {
    const dataDir = await usedFolder()
    const server = await startServerProcess(dataDir)
    await agentos(['run', 'disk-usage', '--detach'], server)
    await server.stop()
    const database = new BetterSqlite3(join(dataDir, 'agentos.db'))
    expect(database.prepare('UPDATE runs SET "createdAt" = "createdAt" + 86400000').run().changes).toBe(1)
    database.close()
    const { of, code } = await doctor(dataDir)
    expect(of('clock')).toMatchObject({ result: 'warning', found: expect.stringMatching(/^the newest run is of \d{4}-.+, which has not come yet$/) })
    expect(code).toBe(0)
  })

  it.runIf(isRoot)('a disk with little left on it, and of one with nothing it is an error', async () => {
    const folder = await temporaryFolder()
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'none', folder])
    if (mounted.status !== 0)
      return expect((await checkDisk(folder)).result).toMatch(/ok|warning/) // this machine lets nobody mount
    onTestFinished(() => void spawnSync('umount', [folder]))
    expect(await checkDisk(join(folder, 'not', 'there', 'yet'))).toMatchObject({ result: 'warning', found: expect.stringMatching(/^1\d\.\d MiB free at/) })
    await writeFile(join(folder, 'filler'), Buffer.alloc(15.5 * 1024 ** 2))
    expect(await checkDisk(folder)).toMatchObject({ result: 'error', found: expect.stringMatching(/^0\.\d MiB free/), mend: expect.stringContaining('agentos prune') })
  })

  it('a clock that is apart from the database\'s, and a runtime that is too old is an error', () => {
    const standing = { dialect: 'postgresql', exists: true, newestMs: null } as const
    expect(checkClock({ ...standing, apartMs: 3_600_000 })).toMatchObject({ result: 'warning', found: '3600.0 s behind the database\'s' })
    expect(checkClock({ ...standing, apartMs: -5_000 })).toMatchObject({ result: 'warning', found: '5.0 s ahead of the database\'s' })
    expect(checkClock({ ...standing, apartMs: 40 })).toMatchObject({ result: 'ok' })
    expect(['22.15.0', '24.10.9', '24.11.0', '26.0.0'].map(version => checkNode(version).result)).toEqual(['error', 'error', 'ok', 'ok'])
  })
})

describe('on PostgreSQL', () => {
  let url: string
  let remove: () => Promise<void>
  beforeAll(async () => {
    ({ databaseUrl: url, remove } = await freshDatabase('postgresql'))
  })
  afterAll(() => remove())

  it('it looks at the database, its migrations, its key and its clock', async () => {
    const env = { DATABASE_URL: url, AGENTOS_SECRET_KEY: 'a key that every process of it has' }
    expect((await doctor(await temporaryFolder(), env)).of('database')!.found).toBe('postgresql, made at the first start')
    await (await startServerProcess(await temporaryFolder(), { env })).stop()
    const { of, code } = await doctor(await temporaryFolder(), env)
    expect(of('database')!.found).toMatch(/^postgresql, answers in .+, migrated \(\d+\)$/)
    expect([of('key of the database')!.found, of('clock')!.result, code]).toEqual(['fits', 'ok', 0])
    const other = await doctor(await temporaryFolder(), { ...env, AGENTOS_SECRET_KEY: 'a key that no other process of it has' })
    expect(other.of('key of the database')).toMatchObject({ result: 'error', found: 'the other servers and workers of this database have another key' })
    expect(other.code).toBe(1)
  })

  it('one that is away, or refuses the password, is an error with no password in it', async () => {
    const away = await doctor(await temporaryFolder(), { DATABASE_URL: 'postgres://agentos:hunter22@127.0.0.1:9/agentos' })
    expect(away.of('database')).toMatchObject({ result: 'error', found: expect.stringContaining('PostgreSQL does not answer'), mend: expect.stringContaining('DATABASE_URL') })
    const missing = new URL(url)
    missing.pathname = '/nobody_made_this_one'
    const none = await doctor(await temporaryFolder(), { DATABASE_URL: missing.href })
    expect(none.of('database')).toMatchObject({ result: 'error', found: expect.stringContaining('does not exist') })
    expect(JSON.stringify(away.of('database')) + JSON.stringify(none.of('database'))).not.toContain('hunter22')
    expect([away.code, none.code]).toEqual([1, 1])
  })

  it('a session is left as it was found: no table is made in an empty database', async () => {
    const empty = await freshDatabase('postgresql')
    onTestFinished(() => empty.remove())
    await doctor(await temporaryFolder(), { DATABASE_URL: empty.databaseUrl })
    const client = new pg.Client({ connectionString: empty.databaseUrl })
    await client.connect()
    const { rows } = await client.query(`SELECT count(*)::int AS "tables" FROM pg_tables WHERE schemaname = 'public'`)
    await client.end()
    expect(rows).toEqual([{ tables: 0 }])
  })
})

async function agentosWithInput(args: string[], dataDir: string, input: string): Promise<{ code: number | null }> {
  const spawned = spawnProcess(process.execPath, [COMMAND_LINE, ...args], dataDir)
  spawned.child.stdin!.end(input)
  const [code] = await spawned.exited
  return { code }
}
