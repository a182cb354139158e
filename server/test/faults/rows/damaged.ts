import type { Fault } from '../fault.ts'
import type { Ground } from '../ground.ts'
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import pg from 'pg'
import { createServerUnderTest, startServer } from '../server-under-test.ts'
import { mountDisk } from './disk-full.ts'

interface Damage { what: string, says: RegExp, damage: (path: string) => void }

const RECORD = `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count) VALUES ('x', 'x', '99990101000000_from_the_future', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 1)`

const DAMAGES: Damage[] = [
  { what: 'empty', says: /is empty/, damage: path => truncateSync(path, 0) },
  { what: 'cut short', says: /was cut short/, damage: path => truncateSync(path, statSync(path).size - 4096) },
  { what: 'half of it', says: /was cut short/, damage: path => truncateSync(path, Math.floor(statSync(path).size / 8192) * 4096) },
  { what: 'torn inside', says: /damaged/, damage: tear },
  { what: 'not a database', says: /is not an SQLite database/, damage: path => writeFileSync(path, 'no database'.repeat(1_000)) },
  { what: 'of a newer program', says: /newer/, damage: (path) => {
    const connection = new BetterSqlite3(path)
    connection.exec(RECORD)
    connection.close()
  } },
]

export const damagedDatabase: Fault = {
  name: 'damaged',
  title: 'torn, truncated, read-only or newer database',
  databases: ['sqlite', 'postgresql'],
  isShort: true,
  async run(ground) {
    const server = await startServer(ground)
    await server.kill('SIGTERM')
    return ground.database === 'sqlite' ? damageFiles(ground) : refuseNewer(ground)
  },
}

async function damageFiles(ground: Ground): Promise<{ runs: number, kills: number }> {
  const path = join(ground.folder, 'agentos.db')
  const whole = `${path}.whole`
  copyFileSync(path, whole)
  const damages = ground.isShort ? DAMAGES.filter((_, index) => [1, 3].includes(index)) : DAMAGES
  for (const { what, says, damage } of damages) {
    for (const suffix of ['-wal', '-shm'])
      rmSync(path + suffix, { force: true })
    copyFileSync(whole, path)
    damage(path)
    await refuses(ground, what, says, path)
  }
  if (!ground.isShort)
    await refuseReadOnly(ground, whole)
  return { runs: 0, kills: damages.length + (ground.isShort ? 0 : 1) }
}

async function refuses(ground: Ground, what: string, says: RegExp, path: string): Promise<void> {
  const before = readFileSync(path)
  const code = await exitOf(ground)
  ground.must(code.code !== 0 && code.code !== null, `${what}: it ended with ${code.code}`)
  ground.must(says.test(code.said) && code.said.trim().split('\n').length === 1, `${what}: it said ${JSON.stringify(code.said)}`)
  ground.must(existsSync(path) && readFileSync(path).equals(before), `${what}: the file was changed`)
  ground.must(!readdirSync(ground.folder).some(name => name.endsWith('.new')), `${what}: it began a new database`)
}

async function exitOf(ground: Ground, env: Record<string, string> = {}): Promise<{ code: number | null, said: string }> {
  const server = await createServerUnderTest(ground, { env })
  await server.start().then(() => server.kill('SIGKILL'), () => {})
  return { code: await server.exited(), said: server.said() }
}

/** The owner of everything may write a file whose mode says no: the disk itself has to. */
async function refuseReadOnly(ground: Ground, whole: string): Promise<void> {
  const disk = mountDisk(ground, 'read-only', 16)
  const path = join(disk, 'agentos.db')
  copyFileSync(whole, path)
  spawnSync('mount', ['-o', 'remount,ro', disk])
  const { code, said } = await exitOf(ground, { DATABASE_URL: `file:${path}` })
  ground.must(code !== 0 && code !== null && said.trim().split('\n').length === 1 && /cannot be (?:written|opened|switched)/.test(said), `read-only: it ended with ${code} and said ${JSON.stringify(said)}`)
}

async function refuseNewer(ground: Ground): Promise<{ runs: number, kills: number }> {
  const client = new pg.Client(ground.databaseUrl)
  await client.connect()
  await client.query(RECORD)
  await client.end()
  const { code, said } = await exitOf(ground)
  ground.must(code !== 0 && code !== null && /newer/.test(said) && said.trim().split('\n').length === 1, `newer: it ended with ${code} and said ${JSON.stringify(said)}`)
  return { runs: 0, kills: 1 }
}

function tear(path: string): void {
  const bytes = readFileSync(path)
  bytes.fill(0xAA, 100, 4096)
  writeFileSync(path, bytes)
}
