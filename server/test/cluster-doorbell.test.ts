import type { Doorbell } from '../src/events/doorbell.ts'
import type { FreshDatabase } from './conformance-harness.ts'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createDoorbell } from '../src/events/doorbell.ts'
import { follow } from '../src/events/follow.ts'
import { createEventLog } from '../src/events/log.ts'
import { watchRuns } from '../src/events/watch.ts'
import { submit } from '../src/queue/submit.ts'
import { ensureOwner } from '../src/store/actor.ts'
import { findAgent, saveAgent } from '../src/store/agents.ts'
import { claimRuns } from '../src/store/claim.ts'
import { openDatabase } from '../src/store/database.ts'
import { freshDatabase } from './conformance-harness.ts'
import { MANIFEST } from './conformance-manifest.ts'
import { output } from './conformance-output.ts'

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

/** One process's side: a pool and a doorbell of its own. */
async function openSide() {
  const db = await openDatabase(where)
  const doorbell = createDoorbell(db)
  onTestFinished(async () => {
    await doorbell.stop()
    await db.close()
  })
  await hears(doorbell)
  return { db, doorbell, notifier: doorbell.notifier, log: createEventLog(db, doorbell.notifier) }
}

async function hears(doorbell: Doorbell): Promise<void> {
  while (!doorbell.isHearing())
    await sleep(20)
}

async function pidsOfEars(): Promise<number[]> {
  const { rows } = await admin.query<{ pid: number }>(`SELECT pid FROM pg_stat_activity WHERE application_name = 'agentos bells' AND datname = current_database()`)
  return rows.map(({ pid }) => pid)
}

async function submitOne(side: Awaited<ReturnType<typeof openSide>>) {
  const actor = await ensureOwner(side.db)
  await saveAgent(side.db, { actor, name: 'agent', source: '', manifest: MANIFEST, notices: [], path: null })
  const { found: agent } = await findAgent(side.db, actor.organisationId, 'agent')
  return { actor, run: await submit(side, { actor, agent: agent!, task: '', inputs: {}, workspaceFrom: null, isolation: null, timeMs: null }) }
}

/** Follows on one side; each text with the moment in which it came. */
function followTexts(side: Awaited<ReturnType<typeof openSide>>, runId: string) {
  const texts = new Map<string, number>()
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  const done = (async () => {
    for await (const batch of follow({ ...side, runId, after: 0, signal: stop.signal })) {
      for (const event of batch)
        event.type === 'step.output' && texts.set(event.data.text, performance.now())
    }
  })()
  return {
    done,
    /** How long after `since` it came. */
    async came(text: string, since: number): Promise<number> {
      while (!texts.has(text))
        await sleep(5)
      return texts.get(text)! - since
    },
  }
}

it('rings in another process what is rung in one, and not twice in one\'s own', async () => {
  const [one, other] = [await openSide(), await openSide()]
  const heard: string[] = []
  const own: string[] = []
  const listen = (side: typeof one, to: string[]) => {
    side.notifier.onAnyRun(id => to.push(`run ${id}`))
    side.notifier.onRun('abc', lastSeq => to.push(`seq ${lastSeq}`))
    side.notifier.onRunsRemoved(ids => to.push(`removed ${ids.join(',')}`))
    side.notifier.onAgentsChanged(() => to.push('agents'))
    side.notifier.onQueued(() => to.push('queued'))
    side.notifier.onCancelRequested(id => to.push(`cancel ${id}`))
  }
  listen(one, own)
  listen(other, heard)
  one.notifier.runChanged('abc', 1)
  one.notifier.runChanged('abc', 7)
  one.notifier.runsRemoved(['x', 'y'])
  one.notifier.agentsChanged()
  one.notifier.queued()
  one.notifier.cancelRequested('abc')
  while (!heard.includes('cancel abc'))
    await sleep(5)
  expect(heard).toEqual(['seq 7', 'run abc', 'removed x,y', 'agents', 'queued', 'cancel abc'])
  await sleep(200) // what would come back to its own process would have come by then
  expect(own).toEqual(['seq 1', 'run abc', 'seq 7', 'run abc', 'removed x,y', 'agents', 'queued', 'cancel abc'])
})

it('says much at once in messages that PostgreSQL takes, and very much in one word', async () => {
  const [one, other] = [await openSide(), await openSide()]
  const heard = new Set<string>()
  let missed = 0
  other.notifier.onAnyRun(id => void heard.add(id))
  other.notifier.onMissed(() => void missed++)
  for (let index = 0; index < 3_000; index++)
    one.notifier.runChanged(`run-${index}`, index)
  while (heard.size < 3_000)
    await sleep(10)
  for (let index = 0; index < 20_000; index++)
    one.notifier.runChanged(`late-${index}`, index)
  while (missed === 0)
    await sleep(10)
  expect(heard.size).toBeLessThan(23_000)
})

it('a live stream of another process goes on within two seconds when the listening connections are cut, and within three when they hang', async () => {
  const [writer, reader] = [await openSide(), await openSide()]
  const { run } = await submitOne(writer)
  const [ref] = await claimRuns(writer.db, { worker: 'w', slots: 1, leaseMs: 60_000 })
  const stream = followTexts(reader, run.id)
  const write = async (text: string) => {
    const at = performance.now()
    await writer.log.append(ref!, [output(text)])
    return stream.came(text, at)
  }
  await write('first') // it follows now
  expect(await write('heard')).toBeLessThan(500)

  await admin.query(`SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid`, [await pidsOfEars()])
  expect(await write('cut')).toBeLessThan(2_000)
  await hears(reader.doorbell)

  const pids = await pidsOfEars()
  for (const pid of pids)
    process.kill(pid, 'SIGSTOP')
  onTestFinished(() => pids.forEach((pid) => {
    try {
      process.kill(pid, 'SIGCONT')
    }
    catch {} // the server has ended it
  }))
  expect(await write('hangs')).toBeLessThan(3_000)
  await sleep(1_500)
  expect(reader.doorbell.isHearing()).toBe(false)
  expect(await write('deaf')).toBeLessThan(1_500)
  for (const pid of pids)
    process.kill(pid, 'SIGCONT')
  await hears(reader.doorbell)
  await writer.log.end(ref!, { reason: 'completed', detail: '' })
  await stream.done
})

it('a list of another process hears of runs that came and went while it was deaf', async () => {
  const [writer, reader] = [await openSide(), await openSide()]
  const { actor, run: before } = await submitOne(writer)
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  const seen = new Map<string, string>()
  void (async () => {
    for await (const update of watchRuns({ ...reader, organisationId: actor.organisationId, signal: stop.signal })) {
      for (const run of update.runs)
        seen.set(run.id, run.status)
    }
  })()
  while (!seen.has(before.id))
    await sleep(5)

  const pids = await pidsOfEars()
  for (const pid of pids)
    process.kill(pid, 'SIGSTOP')
  onTestFinished(() => pids.forEach((pid) => {
    try {
      process.kill(pid, 'SIGCONT')
    }
    catch {} // the server has ended it
  }))
  const { run: during } = await submitOne(writer)
  for (const ref of await claimRuns(writer.db, { worker: 'w', slots: 9, leaseMs: 60_000 }))
    await writer.log.end(ref, { reason: 'completed', detail: '' })
  while (seen.get(before.id) !== 'succeeded' || seen.get(during.id) !== 'succeeded')
    await sleep(10)
})

it('asks the database nothing but whether it is there while nothing rings', async () => {
  const side = await openSide()
  const asked: string[] = []
  const db = { ...side.db, read: (statement: Parameters<typeof side.db.read>[0]) => {
    asked.push(statement.sql)
    return side.db.read(statement)
  } }
  const { actor } = await submitOne(side)
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  const updates: unknown[] = []
  void (async () => {
    for await (const update of watchRuns({ ...side, db, organisationId: actor.organisationId, signal: stop.signal }))
      updates.push(update)
  })()
  while (updates.length === 0)
    await sleep(5)
  await sleep(300)
  const before = asked.length
  await sleep(2_500) // there is no signal for nothing happening
  expect(asked.length).toBe(before)
})
