import type { RunView } from '../src/domain/views/run.ts'
import type { FreshDatabase } from './conformance-harness.ts'
import pg from 'pg'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createEventLog } from '../src/events/log.ts'
import { createNotifier } from '../src/events/notifier.ts'
import { createEmbeddedQueue } from '../src/queue/embedded.ts'
import { submit } from '../src/queue/submit.ts'
import { ensureOwner } from '../src/store/actor.ts'
import { findAgent, saveAgent } from '../src/store/agents.ts'
import { claimRuns } from '../src/store/claim.ts'
import { openDatabase, ping } from '../src/store/database.ts'
import { readEvents } from '../src/store/events.ts'
import { extendLeases } from '../src/store/leases.ts'
import { getRuns } from '../src/store/runs.ts'
import { checkDatabase } from './checker.ts'
import { freshDatabase } from './conformance-harness.ts'
import { MANIFEST } from './conformance-manifest.ts'
import { output } from './conformance-output.ts'
import { startProxy } from './faults/proxy.ts'

let where: FreshDatabase
let admin: pg.Pool
beforeAll(async () => {
  where = await freshDatabase('postgresql')
  admin = new pg.Pool({ connectionString: where.databaseUrl, max: 1 })
})
afterAll(async () => {
  await admin.end()
  await where.remove()
})

/** Ends every connection of the server's, whatever it is doing. */
const cutAll = () => admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'agentos' AND datname = current_database()`)

async function deadlocks(): Promise<number> {
  const { rows } = await admin.query<{ deadlocks: string }>('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()')
  return Number(rows[0]!.deadlocks)
}

it('stores every event once and in order while its connections are cut, and the process lives', async () => {
  const db = await openDatabase(where)
  const notifier = createNotifier()
  const log = createEventLog(db, notifier)
  const actor = await ensureOwner(db)
  await saveAgent(db, { actor, name: 'agent', source: '', manifest: MANIFEST, notices: [], path: null })
  const { found: agent } = await findAgent(db, actor.organisationId, 'agent')
  const request = { actor, agent: agent!, task: '', inputs: {}, workspaceFrom: null, isolation: null, timeMs: null }
  await Promise.all([submit({ db, notifier }, request), submit({ db, notifier }, request)])
  const refs = await claimRuns(db, { worker: 'w', slots: 2, leaseMs: 30_000 })

  const cuts: Promise<unknown>[] = []
  await Promise.all(refs.map(async (ref) => {
    for (let index = 0; index < 60; index++) {
      const append = log.append(ref, [output(`${index}`)])
      if (index % 6 === 0)
        cuts.push(cutAll())
      await append
    }
  }))
  await Promise.all(cuts)
  await Promise.all(refs.map(ref => log.end(ref, { reason: 'completed', detail: '' })))

  for (const { runId } of refs) {
    const texts = (await readEvents(db, runId, { after: 2, limit: 1000 })).flatMap(one => one.type === 'step.output' ? [one.data.text] : [])
    expect(texts).toEqual(Array.from({ length: 60 }, (_, index) => `${index}`))
  }
  expect(await checkDatabase(db)).toEqual([])
  await cutAll()
  await db.close()
})

it('leaves no run behind when the answers to submits and claims are lost', async () => {
  const url = new URL(where.databaseUrl)
  let cutsLeft = 0
  const proxy = await startProxy({ host: url.hostname, port: Number(url.port) }, piece => piece.includes('COMMIT') && cutsLeft-- > 0 ? 'after' : 'pass')
  url.port = String(proxy.port)
  const db = await openDatabase({ databaseUrl: url.href, dataDir: where.dataDir })
  const notifier = createNotifier()
  const log = createEventLog(db, notifier)
  const queue = createEmbeddedQueue({ db, notifier, workerId: 'w', slots: 4, leaseMs: 2_000 })
  queue.start(async ({ ref }) => void await log.end(ref, { reason: 'completed', detail: '' }))
  const actor = await ensureOwner(db)
  const agent = (await findAgent(db, actor.organisationId, 'agent')).found!
  const retries = { ...MANIFEST, name: 'lost-answers', retry: { ...MANIFEST.retry, attempts: 10 } }
  const request = { actor, agent: { ...agent, manifest: retries }, task: '', inputs: {}, workspaceFrom: null, isolation: null, timeMs: null }
  for (let index = 0; index < 4; index++) {
    cutsLeft = 3 // of submits, and of the claims that come of them
    const submitting = (): Promise<RunView> => submit({ db, notifier }, { ...request, idempotencyKey: `lost ${index}` }).catch(submitting)
    const run = await submitting()
    await vi.waitFor(async () => expect((await getRuns(db, [run.id]))[0]!.status).toBe('succeeded'), { timeout: 10_000, interval: 50 })
  }
  expect(proxy.cuts()).toBeGreaterThanOrEqual(8)
  expect(await checkDatabase(db)).toEqual([])
  await queue.stop()
  await log.stop()
  await db.close()
  await proxy.stop()
}, 60_000)

it('sends a transaction once more that PostgreSQL has ended because two waited for each other', async () => {
  const db = await openDatabase(where)
  await admin.query('CREATE TABLE two (id int PRIMARY KEY, n int); INSERT INTO two VALUES (1, 0), (2, 0)')
  const add = (id: number) => ({ sql: 'UPDATE two SET n = n + 1 WHERE id = $1', params: [id] })
  const wait = { sql: 'SELECT pg_sleep(0.2)', params: [] }
  const before = await deadlocks()
  await Promise.all([db.batch([add(1), wait, add(2)]), db.batch([add(2), wait, add(1)])])
  expect((await admin.query('SELECT n FROM two ORDER BY id')).rows).toEqual([{ n: 2 }, { n: 2 }])
  await vi.waitFor(async () => expect(await deadlocks()).toBe(before + 1), { timeout: 10_000, interval: 100 })
  await db.close()
})

it('never waits in a circle while runs are appended to, their leases extended and others ended', async () => {
  const db = await openDatabase(where)
  const actor = await ensureOwner(db)
  const agent = (await findAgent(db, actor.organisationId, 'agent')).found!
  const notifier = createNotifier()
  const logs = [createEventLog(db, notifier), createEventLog(db, notifier)]
  const request = { actor, agent, task: '', inputs: {}, workspaceFrom: null, isolation: null, timeMs: null }
  await Promise.all(Array.from({ length: 60 }, () => submit({ db, notifier }, request)))
  const refs = await claimRuns(db, { worker: 'w', slots: 60, leaseMs: 60_000 })
  const before = await deadlocks()
  let isOver = false
  const beat = async (order: typeof refs): Promise<void> => {
    while (!isOver)
      await extendLeases(db, 'w', order, 60_000)
  }
  const beats = [beat(refs), beat(refs.toReversed()), beat(refs.toSorted((a, b) => a.runId < b.runId ? -1 : 1))]
  for (let round = 0; round < 40; round++)
    await Promise.all(refs.toSorted(() => Math.random() - 0.5).map((ref, index) => logs[index % 2]!.append(ref, [output(`${round}`)])))
  await Promise.all(refs.map((ref, index) => logs[index % 2]!.end(ref, index % 3 === 0 ? { reason: 'error', detail: '' } : index % 3 === 1 ? { reason: 'cancelled', detail: '' } : { reason: 'completed', detail: '' })))
  isOver = true
  await Promise.all(beats)
  await new Promise(resolve => setTimeout(resolve, 1_500)) // PostgreSQL's counters come late
  expect(await deadlocks()).toBe(before)
  expect(await checkDatabase(db)).toEqual([])
  await db.close()
}, 60_000)

it('says what is wrong when the server, the database or the password is not there', async () => {
  const url = new URL(where.databaseUrl)
  const open = (change: (url: URL) => void) => {
    const other = new URL(url)
    change(other)
    return openDatabase({ databaseUrl: other.href, dataDir: where.dataDir })
  }
  await expect(open(other => other.port = '1')).rejects.toMatchObject({ name: 'DatabaseError', code: 'unreachable' })
  await expect(open(other => other.pathname = '/nosuch')).rejects.toMatchObject({ name: 'DatabaseError', code: 'refused', message: expect.stringContaining('nosuch') as unknown })
  await expect(open(other => other.password = 'wrong')).rejects.toMatchObject({ name: 'DatabaseError', code: 'refused' })
})

it('tells how long the database takes to answer', async () => {
  const db = await openDatabase(where)
  expect(await ping(db)).toBeGreaterThan(0)
  await db.close()
})
