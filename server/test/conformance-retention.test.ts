import type { Given } from './conformance-harness.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createRetention, removeOld } from '../src/queue/retention.ts'
import { holdRun } from '../src/store/hold.ts'
import { countHeld } from '../src/store/prune.ts'
import { storedBytes, trimTicks } from '../src/store/retention.ts'
import { getRuns } from '../src/store/runs.ts'
import { insertSchedule } from '../src/store/schedules.ts'
import { onBothDatabases } from './conformance-harness.ts'

const DAY_MS = 86_400_000
const NOTHING = { ageMs: null, runs: null, sizeBytes: null }

/** A run that ended so long ago, as its row has it. */
async function ended(given: Given, agent: Awaited<ReturnType<Given['agent']>>, agoMs: number, text = ''): Promise<string> {
  const { id } = await given.submit({ agent })
  const ref = (await given.claim()).find(one => one.runId === id)!
  if (text !== '') {
    await given.log.append(ref, [
      { type: 'step.started', at: new Date().toISOString(), data: { step: 1, name: 'x', kind: 'command', try: 1 } },
      { type: 'step.output', at: new Date().toISOString(), data: { step: 1, stream: 'stdout', text } },
      { type: 'step.finished', at: new Date().toISOString(), data: { step: 1, status: 'succeeded', durationMs: 1 } },
    ])
  }
  await given.log.end(ref, { reason: 'completed', detail: '' })
  const { later, now } = given.db.sql
  await given.db.batch([{ sql: `UPDATE runs SET "endedAt" = ${later('"endedAt"', '$2')}, "createdAt" = ${later(now, '$2')} WHERE "id" = $1`, params: [id, -agoMs] }])
  return id
}

const left = async (given: Given, ids: string[]): Promise<string[]> => (await getRuns(given.db, ids)).map(run => run.id)
function remove(given: Given, limits: Partial<typeof NOTHING | { ageMs: number, runs: number, sizeBytes: number }>): Promise<void> {
  return removeOld({ ...given, limits: { ...NOTHING, ...limits } })
}

onBothDatabases('retention', (given) => {
  it('with no limit and no manifest that sets one, everything stays', async () => {
    const old = await ended(given, await given.agent(), 900 * DAY_MS)
    await remove(given, {})
    expect(await left(given, [old])).toEqual([old])
  })

  it('what is older than the server keeps is removed, and a manifest\'s own time goes first', async () => {
    const [plain, short, long] = [await given.agent(), await given.agent({ retentionMs: DAY_MS }), await given.agent({ retentionMs: 100 * DAY_MS })]
    const young = await ended(given, plain, 2 * DAY_MS)
    const old = await ended(given, plain, 40 * DAY_MS)
    const ofShort = await ended(given, short, 2 * DAY_MS)
    const ofLong = await ended(given, long, 40 * DAY_MS)
    await remove(given, { ageMs: 30 * DAY_MS })
    expect((await left(given, [young, old, ofShort, ofLong])).sort()).toEqual([young, ofLong].sort())
    const [row] = await given.db.read({ sql: `SELECT count(*) AS "n" FROM events WHERE "runId" = $1`, params: [old] })
    expect(Number(row!.n)).toBe(0)
  })

  it('what has not ended stays however old it is, and so does what somebody holds until it is released', async () => {
    const agent = await given.agent()
    const held = await ended(given, agent, 40 * DAY_MS)
    const queued = await given.submit({ agent })
    const running = await given.running()
    for (const id of [queued.id, running.runId])
      await given.db.batch([{ sql: `UPDATE runs SET "createdAt" = ${given.db.sql.later('"createdAt"', '$2')} WHERE "id" = $1`, params: [id, -400 * DAY_MS] }])
    await holdRun(given.db, given.actor.organisationId, held, true)
    const all = { ageMs: DAY_MS, runs: 1, sizeBytes: 1024 }
    await remove(given, all)
    expect((await left(given, [held, queued.id, running.runId])).sort()).toEqual([held, queued.id, running.runId].sort())
    expect((await getRuns(given.db, [held]))[0]!.heldAt).toEqual(expect.any(String))
    expect(await countHeld(given.db, { organisationId: given.actor.organisationId })).toBe(1)
    await holdRun(given.db, given.actor.organisationId, held, false)
    await remove(given, { ageMs: DAY_MS })
    expect(await left(given, [held])).toEqual([])
    for (const ref of [running, ...await given.claim()])
      await given.log.end(ref, { reason: 'completed', detail: '' }).catch(() => {})
  })

  it('of each agent the newest runs stay', async () => {
    const [one, other] = [await given.agent(), await given.agent()]
    const runs: string[] = []
    for (let day = 5; day >= 1; day--)
      runs.push(await ended(given, one, day * DAY_MS))
    const single = await ended(given, other, 9 * DAY_MS)
    await remove(given, { runs: 2 })
    expect((await left(given, [...runs, single])).sort()).toEqual([...runs.slice(-2), single].sort())
  })

  it('above its size the oldest are removed until there is room, and the newest stay', async () => {
    const agent = await given.agent()
    const runs: string[] = []
    const text = Array.from({ length: 2_000 }, () => crypto.randomUUID()).join(' ') // PostgreSQL would press what repeats itself
    for (let hours = 40; hours >= 1; hours--)
      runs.push(await ended(given, agent, hours * 3_600_000, text))
    const before = await storedBytes(given.db)
    const limit = Math.floor(before.bytes * 0.8)
    await remove(given, { sizeBytes: limit })
    const after = await storedBytes(given.db)
    expect(after.bytes).toBeLessThan(limit)
    const kept = await left(given, runs)
    expect(kept.length).toBeGreaterThan(5)
    expect(kept.length).toBeLessThan(40)
    expect(kept.sort()).toEqual(runs.slice(-kept.length).sort())
    await remove(given, { sizeBytes: limit })
    expect((await left(given, runs)).length).toBe(kept.length)
  }, 60_000)

  it('it looks by itself, and with nothing to remove it writes nothing', async () => {
    const agent = await given.agent()
    const old = await ended(given, agent, 40 * DAY_MS)
    const warnings: unknown[] = []
    const limits = { ageMs: 30 * DAY_MS, runs: 1_000, sizeBytes: 2 ** 40 }
    const retention = createRetention({ ...given, limits, warn: error => void warnings.push(error), firstMs: 50, everyMs: 100 })
    onTestFinished(() => retention.stop())
    retention.start()
    await vi.waitFor(async () => expect(await left(given, [old])).toEqual([]), { timeout: 10_000 })
    await sleep(300)
    let writes = 0
    const { batch } = given.db
    Object.assign(given.db, { batch: (statements: Parameters<typeof batch>[0]) => {
      writes++
      return batch(statements)
    } })
    onTestFinished(() => void Object.assign(given.db, { batch }))
    await sleep(500)
    await retention.stop()
    expect(writes).toBe(0)
    expect(warnings).toEqual([])
  })

  it('of a schedule the newest ticks stay', async () => {
    const agent = await given.agent()
    const id = await insertSchedule(given.db, { actor: given.actor, agentId: agent.id, cron: '0 4 * * *', everyMs: null, onceAtMs: null, timezone: 'UTC', overlap: 'skip', catchUp: 'none', catchUpWindowMs: DAY_MS, task: '', inputs: {} })
    for (let minute = 0; minute < 12; minute++) {
      await given.db.batch([{
        sql: `INSERT INTO schedule_ticks ("scheduleId", "tickAt", "outcome", "createdAt") VALUES ($1, ${given.db.sql.instant('$2')}, 'skipped', ${given.db.sql.now})`,
        params: [id, Date.parse('2026-01-01T00:00:00Z') + minute * 60_000],
      }])
    }
    await trimTicks(given.db, 5)
    const rows = await given.db.read({ sql: `SELECT ${given.db.sql.epochMs('"tickAt"')} AS "at" FROM schedule_ticks WHERE "scheduleId" = $1 ORDER BY "tickAt"`, params: [id] })
    expect(rows.map(row => new Date(Number(row.at)).toISOString().slice(11, 16))).toEqual(['00:07', '00:08', '00:09', '00:10', '00:11'])
  })
})
