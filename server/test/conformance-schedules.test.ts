import type { ScheduleSpec } from '../src/domain/manifest/manifest.ts'
import type { Prepare } from '../src/schedules/start-tick.ts'
import type { NewSchedule } from '../src/store/schedules.ts'
import type { Given } from './conformance-harness.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import { event } from '../src/domain/event.ts'
import { createNotifier } from '../src/events/notifier.ts'
import { cancel } from '../src/queue/cancel.ts'
import { toScheduleViews } from '../src/schedules/schedule-view.ts'
import { createScheduler } from '../src/schedules/scheduler.ts'
import { saveAgent } from '../src/store/agents.ts'
import { openDatabase } from '../src/store/database.ts'
import { listRuns } from '../src/store/runs.ts'
import { claimNextTick, recordTicks } from '../src/store/schedule-ticks.ts'
import { clockMs, getSchedule, insertSchedule, listSchedules, pauseSchedule, removeSchedule, resumeSchedule, updateSchedule } from '../src/store/schedules.ts'
import { insertRunOfTick } from '../src/store/submit.ts'
import { onBothDatabases } from './conformance-harness.ts'
import { MANIFEST } from './conformance-manifest.ts'

const HOUR_MS = 3_600_000
/** Half an hour from now, and so never in the minute in which a tick still comes on time. */
const MINUTE = (new Date().getUTCMinutes() + 30) % 60
const HOURLY = { cron: `${MINUTE} * * * *`, everyMs: null, onceAtMs: null, timezone: 'UTC' }
const WORDS = { overlap: 'skip', catchUp: 'last', catchUpWindowMs: 24 * HOUR_MS, task: 'a task', inputs: {} } as const

const ready: Prepare = async ({ inputs }) => ({ ok: true, inputs, workspaceFrom: null })

async function schedule(given: Given, words: Partial<NewSchedule> = {}): Promise<string> {
  const agent = await given.agent()
  return insertSchedule(given.db, { actor: given.actor, agentId: agent.id, ...HOURLY, ...WORDS, ...words })
}

/** As if no server had looked since that moment. */
async function nextTickAt(given: Given, id: string, atMs: number): Promise<void> {
  await given.db.batch([{ sql: `UPDATE schedules SET "nextTickAt" = ${given.db.sql.instant('$2')} WHERE "id" = $1`, params: [id, atMs] }])
}

/** The hourly ticks that were, counted back from the newest. */
async function hoursAgo(given: Given): Promise<(hours: number) => number> {
  const now = await clockMs(given.db)
  const newest = now - (now - MINUTE * 60_000) % HOUR_MS
  return hours => newest - hours * HOUR_MS
}

function start(given: Given, prepare: Prepare = ready, db = given.db, notifier = given.notifier) {
  const warnings: unknown[] = []
  const scheduler = createScheduler({ db, notifier, prepare, warn: error => void warnings.push(error) })
  onTestFinished(async () => {
    await scheduler.stop()
    expect(warnings).toEqual([])
  })
  scheduler.start()
  return scheduler
}

async function ticksOf(given: Given, id: string) {
  const [view] = await toScheduleViews(given.db, [(await getSchedule(given.db, id))!])
  return view!.ticks
}

const outcomes = async (given: Given, id: string): Promise<string[]> => (await ticksOf(given, id)).map(tick => tick.outcome).reverse()
async function runsOf(given: Given, id: string) {
  return (await listRuns(given.db, given.actor.organisationId, { limit: 200 })).runs.filter(run => run.scheduleId === id)
}
const until = <T>(look: () => Promise<T> | T): Promise<T> => vi.waitFor(look, { timeout: 10_000, interval: 20 })

/** Whatever is queued is run, and ends well, the oldest first. */
async function finishAll(given: Given): Promise<void> {
  for (const ref of await given.claim())
    given.notifier.runChanged(ref.runId, (await given.log.end(ref, { reason: 'completed', detail: '' })).lastSeq)
}

onBothDatabases('schedules', (given) => {
  it('a tick that comes makes one run, which names its schedule, and the next tick is known', async () => {
    const id = await schedule(given, { cron: '* * * * * *', task: 'every second', inputs: { n: 1 } })
    const scheduler = start(given)
    const [run] = await until(async () => {
      const runs = await runsOf(given, id)
      expect(runs.length).toBeGreaterThan(0)
      return runs
    })
    await scheduler.stop()
    expect(run).toMatchObject({ scheduleId: id, task: 'every second', inputs: { n: 1 }, createdBy: 'owner', status: 'queued' })
    const ticks = await ticksOf(given, id)
    const first = ticks.at(-1)!
    expect(first).toMatchObject({ outcome: 'submitted', detail: null, runId: run!.id, runStatus: 'queued' })
    // By the database's clock, and soon after its second.
    expect(Date.parse(run!.createdAt) - Date.parse(first.tickAt)).toBeGreaterThanOrEqual(0)
    expect((await getSchedule(given.db, id))!.nextTickMs).toBeGreaterThan(Date.parse(first.tickAt))
    await removeSchedule(given.db, id)
    await finishAll(given)
  })

  it.each([
    ['none', ['skipped', 'skipped', 'skipped'], 0],
    ['last', ['skipped', 'skipped', 'submitted'], 1],
    ['all', ['submitted', 'submitted', 'submitted'], 3],
  ] as const)('down across three ticks with catchUp %s', async (catchUp, expected, count) => {
    const ago = await hoursAgo(given)
    const id = await schedule(given, { catchUp })
    await nextTickAt(given, id, ago(2))
    start(given)
    await until(async () => {
      await finishAll(given)
      expect(await outcomes(given, id)).toEqual(expected)
    })
    expect(await runsOf(given, id)).toHaveLength(count)
    expect((await ticksOf(given, id)).map(tick => Date.parse(tick.tickAt))).toEqual([ago(0), ago(1), ago(2)])
    expect((await getSchedule(given.db, id))!.nextTickMs).toBeGreaterThan(await clockMs(given.db))
    await removeSchedule(given.db, id)
  })

  it('what is caught up runs one after another, never two at a time', async () => {
    const ago = await hoursAgo(given)
    const id = await schedule(given, { catchUp: 'all' })
    await nextTickAt(given, id, ago(2))
    start(given)
    await until(async () => expect(await outcomes(given, id)).toEqual(['submitted', 'waiting', 'waiting']))
    expect((await ticksOf(given, id)).map(tick => tick.detail)).toContainEqual(expect.stringMatching(/^It starts when run \w+ has ended\.$/))
    await sleep(300)
    expect(await runsOf(given, id)).toHaveLength(1)
    await finishAll(given)
    await until(async () => expect(await outcomes(given, id)).toEqual(['submitted', 'submitted', 'waiting']))
    await finishAll(given)
    await until(async () => expect(await outcomes(given, id)).toEqual(['submitted', 'submitted', 'submitted']))
    await finishAll(given)
    await removeSchedule(given.db, id)
  })

  it('a window leaves out what is older, and more than a hundred that were missed are told in one line', async () => {
    const ago = await hoursAgo(given)
    const old = await schedule(given, { catchUp: 'all', catchUpWindowMs: 2 * HOUR_MS })
    await nextTickAt(given, old, ago(150))
    start(given)
    await until(async () => {
      await finishAll(given)
      expect((await outcomes(given, old)).at(-1)).toBe('submitted')
    })
    const [row] = await given.db.read({ sql: `SELECT count(*) AS "n" FROM schedule_ticks WHERE "scheduleId" = $1`, params: [old] })
    expect(Number(row!.n)).toBeLessThanOrEqual(103)
    const [first] = await given.db.read({ sql: `SELECT "detail" FROM schedule_ticks WHERE "scheduleId" = $1 ORDER BY "tickAt" LIMIT 1`, params: [old] })
    expect(first!.detail).toMatch(/^It was missed, and so were \d+ after it that are not listed\.$/)
    await removeSchedule(given.db, old)
  })

  it('a tick whose last run has not ended is skipped, with the run that is in its way', async () => {
    const id = await schedule(given)
    const now = await clockMs(given.db)
    await nextTickAt(given, id, now)
    start(given)
    const [run] = await until(async () => {
      const runs = await runsOf(given, id)
      expect(runs).toHaveLength(1)
      return runs
    })
    await nextTickAt(given, id, now + 50)
    given.notifier.schedulesChanged()
    await until(async () => expect(await ticksOf(given, id)).toMatchObject([{ outcome: 'skipped', detail: `Run ${run!.id} has not ended.` }, { outcome: 'submitted' }]))
    await finishAll(given)
    await removeSchedule(given.db, id)
  })

  it('with overlap queue it waits for the end of the last run, and then starts', async () => {
    const id = await schedule(given, { overlap: 'queue' })
    const now = await clockMs(given.db)
    await nextTickAt(given, id, now)
    start(given)
    await until(async () => expect(await outcomes(given, id)).toEqual(['submitted']))
    await nextTickAt(given, id, now + 50)
    given.notifier.schedulesChanged()
    await until(async () => expect(await outcomes(given, id)).toEqual(['submitted', 'waiting']))
    expect(await runsOf(given, id)).toHaveLength(1)
    await finishAll(given)
    await until(async () => expect(await outcomes(given, id)).toEqual(['submitted', 'submitted']))
    expect(await runsOf(given, id)).toHaveLength(2)
    await finishAll(given)
    await removeSchedule(given.db, id)
  })

  it('with overlap replace the last run is stopped first, and the new one starts when it has ended', async () => {
    const id = await schedule(given, { overlap: 'replace' })
    const now = await clockMs(given.db)
    await nextTickAt(given, id, now)
    start(given)
    const [first] = await until(async () => {
      const runs = await runsOf(given, id)
      expect(runs).toHaveLength(1)
      return runs
    })
    const [ref] = await given.claim()
    await nextTickAt(given, id, now + 50)
    given.notifier.schedulesChanged()
    await until(async () => expect((await runsOf(given, id)).find(run => run.id === first!.id)?.cancelRequestedAt).not.toBeNull())
    await sleep(200)
    expect(await runsOf(given, id)).toHaveLength(1) // its worker has not ended it yet
    await given.log.end(ref!, { reason: 'cancelled', detail: 'Stopped on request.' })
    given.notifier.runChanged(first!.id, 9)
    await until(async () => expect(await outcomes(given, id)).toEqual(['submitted', 'submitted']))
    const runs = await runsOf(given, id)
    expect(runs.map(run => run.status).sort()).toEqual(['cancelled', 'queued'])
    await finishAll(given)
    await removeSchedule(given.db, id)
  })

  it('what cannot be submitted is a tick that was refused, with the reason, and the next one comes', async () => {
    const id = await schedule(given)
    await nextTickAt(given, id, await clockMs(given.db))
    start(given, async () => ({ ok: false, problem: 'the secret API_KEY is not stored' }))
    await until(async () => expect(await ticksOf(given, id)).toMatchObject([{ outcome: 'refused', detail: 'the secret API_KEY is not stored', runId: null }]))
    expect(await runsOf(given, id)).toEqual([])
    expect((await getSchedule(given.db, id))!.nextTickMs).toBeGreaterThan(await clockMs(given.db))
    await removeSchedule(given.db, id)
  })

  it('a schedule that is paused has no tick, and catches nothing up when it is resumed', async () => {
    const ago = await hoursAgo(given)
    const id = await schedule(given, { catchUp: 'all' })
    await nextTickAt(given, id, ago(2))
    await pauseSchedule(given.db, id)
    const scheduler = start(given)
    await sleep(200)
    expect(await ticksOf(given, id)).toEqual([])
    const paused = (await getSchedule(given.db, id))!
    expect(paused).toMatchObject({ nextTickMs: null, pausedAtMs: expect.any(Number) })
    await resumeSchedule(given.db, paused)
    given.notifier.schedulesChanged()
    await sleep(200)
    expect(await ticksOf(given, id)).toEqual([])
    const resumed = (await getSchedule(given.db, id))!
    expect(resumed.pausedAtMs).toBeNull()
    expect(resumed.nextTickMs).toBeGreaterThan(await clockMs(given.db))
    expect(scheduler.isRunning).toBe(true)
    await removeSchedule(given.db, id)
  })

  it('a tick that is waiting when its schedule is paused is left out', async () => {
    const id = await schedule(given, { overlap: 'queue' })
    const now = await clockMs(given.db)
    await nextTickAt(given, id, now)
    start(given)
    await until(async () => expect(await outcomes(given, id)).toEqual(['submitted']))
    await nextTickAt(given, id, now + 50)
    given.notifier.schedulesChanged()
    await until(async () => expect(await outcomes(given, id)).toEqual(['submitted', 'waiting']))
    await pauseSchedule(given.db, id)
    await finishAll(given)
    await sleep(300)
    expect(await ticksOf(given, id)).toMatchObject([{ outcome: 'skipped', detail: 'Its schedule was paused while it waited.' }, { outcome: 'submitted' }])
    await removeSchedule(given.db, id)
  })

  it('of many who see one tick at the same time one makes its run', async () => {
    const agent = await given.agent()
    const id = await insertSchedule(given.db, { actor: given.actor, agentId: agent.id, ...HOURLY, ...WORDS })
    const atMs = (await hoursAgo(given))(0)
    await nextTickAt(given, id, atMs)
    const step = { scheduleId: id, expectedMs: atMs, nextMs: atMs + HOUR_MS }
    const submitted = event('run.submitted', { agent: agent.name, version: 1, task: '', inputs: {}, by: 'owner', notices: [] })
    const request = {
      actor: given.actor,
      agent,
      task: '',
      inputs: {},
      limits: agent.manifest.limits,
      workspaceFrom: null,
      isolation: null,
      priority: 0,
      delayMs: 0,
      retryOf: null,
      concurrencyKey: null,
      isChat: false,
      submitted,
      scheduleId: id,
      idempotencyKey: `schedule:${id}:${atMs}`,
    }
    const tries = Array.from({ length: 20 }, (_, index) => index % 4 === 3
      ? recordTicks(given.db, step, [{ atMs, outcome: 'skipped', detail: 'x' }])
      : insertRunOfTick(given.db, request, { scheduleId: id, tickAtMs: atMs, claim: claimNextTick(step) }))
    const won = (await Promise.all(tries)).filter(result => result !== null && result !== false)
    expect(won).toHaveLength(1)
    const ticks = await ticksOf(given, id)
    expect(ticks).toHaveLength(1)
    expect(await runsOf(given, id)).toHaveLength(ticks[0]!.outcome === 'submitted' ? 1 : 0)
    await removeSchedule(given.db, id)
    await finishAll(given)
  })

  it('a tick that was prepared when its schedule was paused, changed or taken away makes no run', async () => {
    const agent = await given.agent()
    const submitted = event('run.submitted', { agent: agent.name, version: 1, task: '', inputs: {}, by: 'owner', notices: [] })
    const atMs = (await hoursAgo(given))(0)
    const changes = [
      (id: string) => pauseSchedule(given.db, id),
      async (id: string) => updateSchedule(given.db, (await getSchedule(given.db, id))!, { ...HOURLY, ...WORDS, cron: '30 4 * * *' }),
      (id: string) => removeSchedule(given.db, id),
    ]
    for (const change of changes) {
      const id = await insertSchedule(given.db, { actor: given.actor, agentId: agent.id, ...HOURLY, ...WORDS })
      await nextTickAt(given, id, atMs)
      await change(id)
      const request = {
        actor: given.actor,
        agent,
        task: '',
        inputs: {},
        limits: agent.manifest.limits,
        workspaceFrom: null,
        isolation: null,
        priority: 0,
        delayMs: 0,
        retryOf: null,
        concurrencyKey: null,
        isChat: false,
        submitted,
        scheduleId: id,
        idempotencyKey: `schedule:${id}:${atMs}`,
      }
      const claim = claimNextTick({ scheduleId: id, expectedMs: atMs, nextMs: atMs + HOUR_MS })
      expect(await insertRunOfTick(given.db, request, { scheduleId: id, tickAtMs: atMs, claim })).toBeNull()
      expect(await runsOf(given, id)).toEqual([])
      await removeSchedule(given.db, id)
    }
  })

  it('a wait of a year and a moment long from now are kept', async () => {
    const year = 365 * 24 * HOUR_MS
    const id = await schedule(given, { cron: null, everyMs: year, catchUpWindowMs: year })
    const at = Date.parse('2031-07-01T10:00:00Z')
    const once = await schedule(given, { cron: null, onceAtMs: at, timezone: 'Europe/Berlin' })
    const [every, moment] = [(await getSchedule(given.db, id))!, (await getSchedule(given.db, once))!]
    expect(every).toMatchObject({ everyMs: year, catchUpWindowMs: year })
    expect(every.nextTickMs! - await clockMs(given.db)).toBeGreaterThan(year - 60_000)
    expect(moment).toMatchObject({ onceAtMs: at, nextTickMs: at, timezone: 'Europe/Berlin' })
    await removeSchedule(given.db, id)
    await removeSchedule(given.db, once)
  })

  it('one moment comes once, and every counts from the start', async () => {
    const now = await clockMs(given.db)
    const once = await schedule(given, { cron: null, onceAtMs: now + 300 })
    const every = await schedule(given, { cron: null, everyMs: 90_000 })
    await nextTickAt(given, every, now)
    start(given)
    await until(async () => {
      expect(await outcomes(given, once)).toEqual(['submitted'])
      expect(await outcomes(given, every)).toEqual(['submitted'])
    })
    expect((await getSchedule(given.db, once))!.nextTickMs).toBeNull()
    const [run] = await runsOf(given, every)
    const next = (await getSchedule(given.db, every))!.nextTickMs!
    expect(Math.abs(next - Date.parse(run!.createdAt) - 90_000)).toBeLessThan(2_000)
    await finishAll(given)
    await removeSchedule(given.db, once)
    await removeSchedule(given.db, every)
  })

  it('a manifest\'s schedule comes, changes, stays paused and goes with the agent\'s newest version', async () => {
    const spec: ScheduleSpec = { ...HOURLY, overlap: 'skip', catchUp: 'last', catchUpWindowMs: HOUR_MS, task: 'nightly' }
    const save = (schedule: ScheduleSpec | null) => saveAgent(given.db, { actor: given.actor, name: 'scheduled', source: 'x', manifest: { ...MANIFEST, name: 'scheduled', schedule }, notices: [], path: null })
    const { agentId, isRescheduled } = await save(spec)
    expect(isRescheduled).toBe(true)
    const made = await listSchedules(given.db, given.actor.organisationId, agentId)
    expect(made).toMatchObject([{ source: 'manifest', agentName: 'scheduled', cron: HOURLY.cron, task: 'nightly', pausedAtMs: null }])
    expect(await save(spec)).toMatchObject({ changed: false, isRescheduled: false })

    await nextTickAt(given, made[0]!.id, made[0]!.nextTickMs! + 7 * HOUR_MS)
    await save({ ...spec, task: 'other' })
    expect(await listSchedules(given.db, given.actor.organisationId, agentId)).toMatchObject([{ task: 'other', nextTickMs: made[0]!.nextTickMs! + 7 * HOUR_MS }])
    await save({ ...spec, cron: '30 9 * * *' })
    const [moved] = await listSchedules(given.db, given.actor.organisationId, agentId)
    expect(new Date(moved!.nextTickMs!).toISOString()).toMatch(/T09:30:00\.000Z$/)

    await pauseSchedule(given.db, moved!.id)
    await save({ ...spec, cron: '45 9 * * *' })
    expect(await listSchedules(given.db, given.actor.organisationId, agentId)).toMatchObject([{ cron: '45 9 * * *', pausedAtMs: expect.any(Number), nextTickMs: null }])
    expect(await save(null)).toMatchObject({ isRescheduled: true })
    expect(await listSchedules(given.db, given.actor.organisationId, agentId)).toEqual([])
    expect(await save(null)).toMatchObject({ isRescheduled: false })
  })

  it('two schedulers on one database make one run of each tick', async () => {
    // SQLite has one process a file; PostgreSQL has a second server with a connection and bells of its own.
    const second = given.dialect === 'sqlite' ? given.db : await openDatabase(given.where)
    if (second !== given.db)
      onTestFinished(() => second.close())
    const ids = await Promise.all(Array.from({ length: 5 }, () => schedule(given, { cron: '* * * * * *', overlap: 'queue' })))
    const schedulers = [start(given), start(given, ready, second, createNotifier()), start(given, ready, second, createNotifier())]
    await vi.waitFor(async () => {
      await finishAll(given)
      for (const id of ids)
        expect((await runsOf(given, id)).length).toBeGreaterThanOrEqual(3)
    }, { timeout: 60_000, interval: 100 })
    await Promise.all(ids.map(id => pauseSchedule(given.db, id)))
    await Promise.all(schedulers.map(scheduler => scheduler.stop()))
    for (const id of ids) {
      const [counted] = await given.db.read({ sql: `SELECT count(*) AS "ticks", count(DISTINCT "runId") AS "runs" FROM schedule_ticks WHERE "scheduleId" = $1 AND "outcome" = 'submitted'`, params: [id] })
      const runs = await runsOf(given, id)
      expect(Number(counted!.ticks)).toBe(runs.length)
      expect(Number(counted!.runs)).toBe(runs.length)
      await removeSchedule(given.db, id)
    }
    await finishAll(given)
  }, 90_000)

  it('with nothing due it leaves the database alone', async () => {
    await schedule(given)
    const scheduler = start(given)
    await until(() => expect(scheduler.isRunning).toBe(true))
    await sleep(300)
    const asked: string[] = []
    const { read, batch } = given.db
    const noting = <A extends unknown[], R>(name: string, call: (...given: A) => R) => (...args: A): R => {
      asked.push(name)
      return call(...args)
    }
    Object.assign(given.db, { read: noting('read', read), batch: noting('batch', batch) })
    onTestFinished(() => void Object.assign(given.db, { read, batch }))
    await sleep(1_500)
    expect(asked).toEqual([])
  })

  it('a run that a person cancels lets the next tick start', async () => {
    const id = await schedule(given)
    const now = await clockMs(given.db)
    await nextTickAt(given, id, now)
    start(given)
    const [run] = await until(async () => {
      const runs = await runsOf(given, id)
      expect(runs).toHaveLength(1)
      return runs
    })
    await cancel(given, { actor: given.actor, runId: run!.id })
    await nextTickAt(given, id, now + 50)
    given.notifier.schedulesChanged()
    await until(async () => expect(await outcomes(given, id)).toEqual(['submitted', 'submitted']))
    await finishAll(given)
    await removeSchedule(given.db, id)
  })
})
