import type { ChildProcess } from 'node:child_process'
import type { DatabaseError } from '../src/store/errors.ts'
import type { FreshDatabase } from './conformance-harness.ts'
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import BetterSqlite3 from 'better-sqlite3'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createArtifacts } from '../src/artifacts/artifacts.ts'
import { createEventLog } from '../src/events/log.ts'
import { createNotifier } from '../src/events/notifier.ts'
import { prune } from '../src/queue/prune.ts'
import { submit } from '../src/queue/submit.ts'
import { ensureOwner } from '../src/store/actor.ts'
import { findAgent, saveAgent } from '../src/store/agents.ts'
import { claimRuns } from '../src/store/claim.ts'
import { openDatabase } from '../src/store/database.ts'
import { readEvents } from '../src/store/events.ts'
import { checkDatabase } from './checker.ts'
import { freshDatabase } from './conformance-harness.ts'
import { MANIFEST } from './conformance-manifest.ts'
import { output } from './conformance-output.ts'

let where: FreshDatabase
let path: string
beforeEach(async () => {
  where = await freshDatabase('sqlite')
  path = join(where.dataDir, 'agentos.db')
})
afterEach(() => where.remove())

const fixture = (name: string) => fileURLToPath(new URL(`./conformance-fixtures/${name}.ts`, import.meta.url))
const run = (name: string, ...args: string[]): ChildProcess => spawn(process.execPath, [fixture(name), ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
function says(child: ChildProcess, word: string) {
  return new Promise<void>((resolve) => {
    child.stdout!.on('data', (chunk: Buffer) => chunk.toString().includes(word) && resolve())
  })
}

async function openWithRun() {
  const db = await openDatabase(where)
  const actor = await ensureOwner(db)
  await saveAgent(db, { actor, name: 'agent', source: '', manifest: MANIFEST, notices: [], path: null })
  const { found: agent } = await findAgent(db, actor.organisationId, 'agent')
  await submit({ db, notifier: createNotifier() }, { actor, agent: agent!, task: '', inputs: {}, workspaceFrom: null, isolation: null, timeMs: null })
  const [ref] = await claimRuns(db, { worker: 'w', slots: 1, leaseMs: 30_000 })
  return { db, actor, agent: agent!, ref: ref!, log: createEventLog(db, createNotifier()) }
}

it('waits without blocking while another program has the write lock, and what it answers then is durable', async () => {
  const { db, actor, ref, log } = await openWithRun()
  const other = run('hold-write-lock', path)
  await says(other, 'held')
  const released = says(other, 'released')

  let answered = 0
  const writes = [
    log.append(ref, [output('one')]),
    saveAgent(db, { actor, name: 'by-prisma', source: '', manifest: MANIFEST, notices: [], path: null }),
    log.append(ref, [output('two')]),
  ].map(write => write.then(() => answered++))
  // Readers go on meanwhile.
  for (let index = 0; index < 5; index++)
    expect(await readEvents(db, ref.runId, { after: 0, limit: 10 })).toHaveLength(2)
  expect(answered).toBe(0)
  other.stdin!.write('go\n')
  await released
  await Promise.all(writes)
  await log.append(ref, [output('three')])

  // Seen from outside, so not in a transaction that is still open here.
  const outside = new BetterSqlite3(path, { readonly: true })
  expect(outside.prepare(`SELECT json_extract(data, '$.text') AS text FROM events WHERE type = 'step.output' ORDER BY seq`).pluck().all()).toEqual(['one', 'two', 'three'])
  expect(outside.prepare(`SELECT count(*) FROM agent_versions`).pluck().get()).toBe(2)
  outside.close()
  await db.close()
})

it('lets no statement slip into a transaction that is open, and rolls back what fails as a whole', async () => {
  const { db, actor, agent, ref, log } = await openWithRun()
  const broken = db.ask(prisma => prisma.$transaction([
    prisma.agent.update({ where: { id: agent.id }, data: { version: 99 } }),
    prisma.agentVersion.create({ data: { agentId: agent.id, version: 1, organisationId: actor.organisationId, source: '', manifest: '', notices: '[]', createdById: actor.userId, createdAt: new Date() } }),
  ]))
  const append = log.append(ref, [output('beside it')])
  await expect(broken).rejects.toThrow('Unique constraint')
  await append
  const outside = new BetterSqlite3(path, { readonly: true })
  expect(outside.prepare('SELECT version FROM agents').pluck().all()).toEqual([1])
  expect(outside.prepare(`SELECT count(*) FROM events WHERE type = 'step.output'`).pluck().get()).toBe(1)
  outside.close()
  await db.close()
})

it('keeps writing after a COMMIT that failed', async () => {
  const { db, actor, ref, log } = await openWithRun()
  // A deferred key is looked at by COMMIT alone: this transaction's statements all succeed.
  const poisoned = db.ask(prisma => prisma.$transaction([
    prisma.$executeRawUnsafe('PRAGMA defer_foreign_keys = ON'),
    prisma.$executeRawUnsafe(`UPDATE agents SET "createdById" = 'nobody'`),
  ]))
  await expect(poisoned).rejects.toThrow(/foreign ?key/i)
  await log.append(ref, [output('after')])
  await saveAgent(db, { actor, name: 'after', source: '', manifest: MANIFEST, notices: [], path: null })
  const outside = new BetterSqlite3(path, { readonly: true })
  expect(outside.prepare(`SELECT count(*) FROM events WHERE type = 'step.output'`).pluck().get()).toBe(1)
  expect(outside.prepare('SELECT name FROM agents ORDER BY name').pluck().all()).toEqual(['after', 'agent'])
  expect(outside.prepare(`SELECT count(*) FROM agents WHERE "createdById" = 'nobody'`).pluck().get()).toBe(0)
  outside.close()
  await db.close()
})

it('loses no event that it has acknowledged when it is killed, ten times', async () => {
  const acknowledged: [string, number, string[]][] = []
  for (let round = 0; round < 10; round++) {
    const child = run('append-until-killed', where.databaseUrl, where.dataDir)
    let text = ''
    await new Promise<void>((resolve) => {
      child.stdout!.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        if (text.split('\n').length > 20 + round * 7)
          child.kill('SIGKILL')
      })
      child.on('close', () => resolve())
    })
    acknowledged.push(...text.split('\n').slice(0, -1).map(line => JSON.parse(line) as [string, number, string[]]))
  }
  const db = await openDatabase(where)
  for (const [runId, lastSeq, texts] of acknowledged) {
    const stored = await readEvents(db, runId, { after: lastSeq - texts.length, limit: texts.length })
    expect(stored.map(one => one.type === 'step.output' && one.data.text)).toEqual(texts)
  }
  expect(acknowledged.length).toBeGreaterThan(200)
  expect(await checkDatabase(db)).toEqual([])
  expect(await db.read({ sql: 'PRAGMA integrity_check', params: [] })).toEqual([{ integrity_check: 'ok' }])
  await db.close()
}, 120_000)

it('says so when the disk is full, keeps what it has answered, and goes on when there is space again', async () => {
  const { db, ref, log } = await openWithRun()
  await log.append(ref, [output('before')])
  const limitPages = (pages: number) => db.read({ sql: `PRAGMA max_page_count = ${pages}`, params: [] })
  await limitPages(1) // the smallest that it takes is what it has now
  const refused = await Promise.allSettled(Array.from({ length: 3 }, (_, index) => log.append(ref, [output(`${index}${'x'.repeat(100_000)}`)])))
  expect(refused.map(one => one.status === 'rejected' && (one.reason as DatabaseError).code)).toEqual(['full', 'full', 'full'])
  await limitPages(1_000_000)
  await log.append(ref, [output('after')])
  const stored = await readEvents(db, ref.runId, { after: 2, limit: 10 })
  expect(stored.map(one => one.type === 'step.output' && one.data.text)).toEqual(['before', 'after'])
  expect(await checkDatabase(db)).toEqual([])
  await db.close()
})

it('gives the space of pruned runs back', async () => {
  const { db, actor, ref, log } = await openWithRun()
  for (let index = 0; index < 20; index++)
    await log.append(ref, [output('x'.repeat(100_000))])
  await log.end(ref, { reason: 'completed', detail: '' })
  const pages = () => db.read({ sql: 'PRAGMA page_count', params: [] }).then(([row]) => Number(row!.page_count))
  const before = await pages()
  await prune({ db, notifier: createNotifier(), artifacts: createArtifacts({ path: join(where.dataDir, 'artifacts'), db }) }, { organisationId: actor.organisationId })
  expect(await pages()).toBeLessThan(before - 400)
  await db.close()
})

it('is opened by one process at a time, and says who has it', async () => {
  const first = await openDatabase(where)
  await writeFile(join(where.dataDir, 'server.json'), JSON.stringify({ url: 'http://127.0.0.1:4700', pid: process.pid }))
  await expect(openDatabase(where)).rejects.toMatchObject({ code: 'held', message: expect.stringMatching(new RegExp(`http://127.0.0.1:4700 \\(process ${process.pid}`)) as unknown })
  await first.close()
  await (await openDatabase(where)).close()
})

it('makes files that only their owner may read, in the form that it needs', async () => {
  const db = await openDatabase(where)
  await ensureOwner(db)
  for (const suffix of ['', '-wal', '-shm'])
    expect(statSync(path + suffix).mode & 0o777).toBe(0o600)
  const pragma = (name: string) => db.read({ sql: `PRAGMA ${name}`, params: [] }).then(([row]) => Object.values(row!)[0])
  expect(await Promise.all(['journal_mode', 'synchronous', 'foreign_keys', 'auto_vacuum'].map(pragma))).toEqual(['wal', 2, 1, 2])
  await db.close()
})

it.each<[string, () => void, RegExp]>([
  ['empty', () => truncateSync(path, 0), /is empty: it was cut short/],
  ['cut short', () => truncateSync(path, statSync(path).size - 4096), /was cut short \(\d+ bytes of \d+\)/],
  ['something else', () => writeFileSync(path, 'not a database at all, but long enough to look at'.repeat(100)), /is not an SQLite database/],
  ['another program\'s', () => {
    writeFileSync(path, '')
    const other = new BetterSqlite3(path)
    other.exec('CREATE TABLE theirs (a)')
    other.close()
  }, /not one of AgentOS/],
  ['torn inside', () => {
    const bytes = readFileSync(path)
    bytes.fill(0xAA, 100, 4096)
    writeFileSync(path, bytes)
  }, /damaged/],
])('refuses a database that is %s, and leaves it as it is', async (_, damage, message) => {
  await (await openDatabase(where)).close()
  damage()
  const before = readFileSync(path)
  await expect(openDatabase(where)).rejects.toMatchObject({ name: 'DatabaseError', code: 'damaged', message: expect.stringMatching(message) as unknown })
  expect(readFileSync(path).equals(before)).toBe(true)
  // The lock was given back: the next try fails for the same reason, not because of the first.
  await expect(openDatabase(where)).rejects.toMatchObject({ code: 'damaged' })
})

it('begins anew when it was killed while it made the database', async () => {
  writeFileSync(`${path}.new`, 'half of it')
  await (await openDatabase(where)).close()
  expect(existsSync(`${path}.new`)).toBe(false)
})

it('says so when the address names no database that it knows', async () => {
  await expect(openDatabase({ databaseUrl: 'mysql://localhost/x', dataDir: where.dataDir })).rejects.toMatchObject({ code: 'address' })
})
