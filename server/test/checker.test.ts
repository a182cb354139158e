import type { NewEvent, RunEvent } from '../src/domain/event.ts'
import type { Testimony } from './checker.ts'
import type { Acknowledgement } from './checker/clients.ts'
import type { History, StoredEvent } from './checker/history.ts'
import type { Rule } from './checker/rules.ts'
import type { Given } from './conformance-harness.ts'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { event } from '../src/domain/event.ts'
import { follow } from '../src/events/follow.ts'
import { settleLostHolds } from '../src/store/lost-holds.ts'
import { reserve } from '../src/store/reserve.ts'
import { getRuns } from '../src/store/runs.ts'
import { checkDatabase } from './checker.ts'
import { checkHistory } from './checker/history.ts'
import { RULES } from './checker/rules.ts'
import { validHistory } from './checker/valid-history.ts'
import { onBothDatabases } from './conformance-harness.ts'
import { output } from './conformance-output.ts'

it('finds nothing in a history that keeps the rules', () => {
  expect(checkHistory(validHistory())).toEqual([])
})

/** One thing is wrong in each: the rule that it breaks, and what is done to it. */
const CORRUPTED: [rule: Rule, what: string, corrupt: (given: History) => void][] = [
  ['begins', 'the submission is something else', given => replace(given, 'run.submitted', event('run.cancel_requested', { by: 'owner' }))],
  ['begins', 'it was submitted twice', given => replace(given, 'run.cancel_requested', given.events[0]!)],
  ['dense', 'a request to stop is lost', ({ events }) => void events.splice(21, 1)],
  ['dense', 'an event is there twice', ({ events }) => void events.splice(21, 0, { ...events[21]! })],
  ['dense', 'two have changed places', ({ events }) => void events.splice(20, 2, events[21]!, events[20]!)],
  ['last seq', 'the row is behind', ({ run }) => void run.lastSeq--],
  ['one end', 'its end is lost', without('run.ended')],
  ['one end', 'it ends twice', given => append(given, given.events.at(-1)!)],
  ['end is last', 'something is written after the end', given => append(given, given.events.at(-2)!)],
  ['end agrees', 'the row has another reason', ({ run }) => void (run.reason = 'timeout')],
  ['status', 'it is queued though an attempt is under way', (given) => {
    given.events.pop()
    Object.assign(given.run, { status: 'queued', reason: null, lastSeq: 22 })
  }],
  ['status', 'a worker takes it while it runs', without('run.retry_scheduled')],
  ['status', 'a worker takes it while it waits', given => replace(given, 'effect.settled', event('run.cancel_requested', { by: 'owner' }), event('run.cancel_requested', { by: 'owner' }))],
  ['attempts', 'an attempt has no row', ({ attempts }) => void attempts.splice(1, 1)],
  ['attempts', 'an attempt was begun twice', ({ run }) => void run.attempt++],
  ['fence', 'the attempt is another worker\'s', ({ attempts }) => void (attempts[0]!.worker = 'another')],
  ['fence', 'a worker that was lost writes under the next one\'s attempt', given => void (find(given, 'step.finished', -1).actor = 'w2')],
  ['fence', 'the row has another fence', ({ run }) => void run.fence++],
  ['fences grow', 'a fence is given out again', (given) => {
    given.attempts[1]!.fence = 1
    Object.assign(given.events[5]!, { data: { worker: 'w2', fence: 1 } })
  }],
  ['lease', 'an attempt is open after the end', ({ attempts }) => void (attempts[3]!.isEnded = false)],
  ['lease', 'a lease is held after the end', ({ run }) => void (run.hasLease = true)],
  ['attempt order', 'an earlier attempt asks late', given => void (find(given, 'run.cancel_requested').attempt = 3)],
  ['window', 'a worker writes after its attempt has ended', ({ events }) => void events.splice(2, 2, { ...events[3]!, seq: 3 }, { ...events[2]!, seq: 4 })],
  ['effects', 'an effect is settled twice', given => replace(given, 'run.cancel_requested', find(given, 'effect.settled'))],
  ['approvals', 'a command begins before the yes', ({ events }) => void events.splice(17, 2, { ...events[18]!, seq: 18 }, { ...events[17]!, seq: 19 })],
  ['approvals', 'a command begins after a no', given => void Object.assign(find(given, 'approval.decided').data, { as: 'deny' })],
  ['approvals', 'a question is decided twice', given => replace(given, 'run.cancel_requested', find(given, 'approval.decided'))],
  ['sums', 'an output is not counted', ({ run }) => void run.outputBytes--],
  ['sums', 'run.ended has other figures', given => void Object.assign(find(given, 'run.ended').data, { tokens: 8 })],
  ['cost', 'a call was paid that nobody made', ({ run }) => void (run.costUsd = 1)],
  ['failures', 'a loss is counted as a failure', ({ run }) => void run.failures++],
  ['done once', 'a step that a person has called done is begun again', given => void Object.assign(find(given, 'step.started', -1).data, { place: 0 })],
]

describe('a history in which one thing is wrong', () => {
  it.each(CORRUPTED)('%s: %s', (rule, _, corrupt) => {
    const given = validHistory()
    corrupt(given)
    expect(checkHistory(given).map(violation => violation.rule)).toEqual([rule])
  })

  it('is there for every rule of a history', () => {
    const ofDatabase: Rule[] = ['kept counts', 'orphans', 'one run per tick', 'holds', 'overdraft', 'canary', 'acknowledged', 'one run per key', 'seen', 'stuck']
    expect([...new Set(CORRUPTED.map(([rule]) => rule)), ...ofDatabase].sort()).toEqual(Object.keys(RULES).sort())
  })
})

onBothDatabases('a database', (given) => {
  const rulesBroken = async (testimony?: Testimony): Promise<Rule[]> => (await checkDatabase(given.db, testimony)).map(({ rule }) => rule)

  it('is held against its kept counts, its runs and its ticks', async () => {
    const run = await given.submit()
    expect(await rulesBroken()).toEqual([])
    expect(await broken(given, `UPDATE run_tallies SET "runs" = "runs" + 1 WHERE "status" = 'queued' AND "shard" = (SELECT min("shard") FROM run_tallies WHERE "status" = 'queued')`, `UPDATE run_tallies SET "runs" = "runs" - 1 WHERE "status" = 'queued' AND "shard" = (SELECT min("shard") FROM run_tallies WHERE "status" = 'queued')`)).toEqual(['kept counts'])
    expect(await broken(given, `INSERT INTO events SELECT 'nobody', "seq", "organisationId", "actor", "attempt", "type", "at", "data" FROM events WHERE "runId" = '${run.id}'`, `DELETE FROM events WHERE "runId" = 'nobody'`)).toEqual(['orphans'])
    const other = await given.submit()
    expect(await broken(given, `UPDATE runs SET "scheduleId" = 's', "tickAt" = (SELECT "createdAt" FROM runs WHERE "id" = '${run.id}') WHERE "id" IN ('${run.id}', '${other.id}')`, `UPDATE runs SET "scheduleId" = NULL, "tickAt" = NULL`)).toEqual(['one run per tick'])
  })

  it('is held against its budgets: what is held, and that no limit was overdrawn', async () => {
    const ref = await given.running()
    const [run] = await getRuns(given.db, [ref.runId])
    const spender = { ref, organisationId: given.actor.organisationId, agentId: run!.agentId, limits: { nanos: null, tokens: 1_000 } }
    await reserve(given.db, spender, { call: 'call-1', step: 1, model: 'a/b', wish: { inputTokens: 100, outputTokens: 100, leastOutputTokens: 100, nanos: () => 0 } })
    expect(await rulesBroken()).toEqual([])
    const ofRun = `WHERE "budgetId" = 'run' AND "period" = '${ref.runId}'`
    expect(await broken(given, `UPDATE budget_spends SET "heldTokens" = "heldTokens" + 1 ${ofRun}`, `UPDATE budget_spends SET "heldTokens" = "heldTokens" - 1 ${ofRun}`)).toEqual(['holds'])
    expect(await broken(given, `UPDATE model_holds SET "call" = "call", "period" = 'x' WHERE "call" = 'call-1'`, `UPDATE model_holds SET "period" = '${ref.runId}' WHERE "call" = 'call-1'`)).toEqual(['holds', 'holds'])
    const limits = `UPDATE runs SET "limits" = '${JSON.stringify({ ...run!.limits, tokens: 150 })}' WHERE "id" = '${ref.runId}'`
    expect(await broken(given, limits, `UPDATE runs SET "limits" = '${JSON.stringify(run!.limits)}' WHERE "id" = '${ref.runId}'`)).toEqual(['overdraft'])
    await given.log.end(ref, { reason: 'error', detail: '' })
    await settleLostHolds(given.db)
  })

  it('is searched for a secret, in whichever form it may have got there', async () => {
    const value = 'canary-3f9?a/b'
    const canary = { value, files: [] }
    const ref = await given.running()
    expect(await rulesBroken({ canary })).toEqual([])
    await given.log.append(ref, [output(`the key is ${Buffer.from(value).toString('base64')}`)])
    expect(await rulesBroken({ canary })).toEqual(['canary'])
    const file = join(given.where.dataDir, 'a-file')
    writeFileSync(file, `xx${value}xx`)
    expect(await rulesBroken({ canary: { value, files: [file] } })).toEqual(['canary', 'canary'])
  })

  it('is held against what its clients were told', async () => {
    const ref = await given.running()
    const { runId } = ref
    const { lastSeq } = await given.log.append(ref, [output('a'), output('b')])
    const submitted = { kind: 'submitted', runId, task: 'a task' } as const
    const appended = { kind: 'appended', runId, lastSeq, texts: ['a', 'b'] } satisfies Acknowledgement
    expect(await rulesBroken({ acknowledged: [submitted, appended] })).toEqual([])
    expect(await rulesBroken({ acknowledged: [{ ...submitted, runId: 'nobody' }] })).toEqual(['acknowledged'])
    expect(await rulesBroken({ acknowledged: [{ ...submitted, task: 'another' }] })).toEqual(['acknowledged'])
    expect(await rulesBroken({ acknowledged: [{ ...appended, texts: ['a', 'c'] }] })).toEqual(['acknowledged'])
    expect(await rulesBroken({ acknowledged: [{ ...appended, lastSeq: lastSeq + 1 }] })).toEqual(['acknowledged'])
    expect(await rulesBroken({ acknowledged: [{ kind: 'cancelled', runId }] })).toEqual(['acknowledged'])
    expect(await rulesBroken({ acknowledged: [{ kind: 'pruned', runId }] })).toEqual(['acknowledged'])
    const other = await given.submit()
    expect(await rulesBroken({ acknowledged: [{ ...submitted, key: 'k' }, { ...submitted, runId: other.id, key: 'k' }] })).toEqual(['one run per key'])
  })

  it('is held against what a subscriber saw', async () => {
    const ref = await given.running()
    await given.log.append(ref, [output('a'), output('b'), output('c')])
    await given.log.end(ref, { reason: 'completed', detail: '' })
    const events: RunEvent[] = []
    for await (const batch of follow({ ...given, runId: ref.runId, after: 1, signal: new AbortController().signal }))
      events.push(...batch)
    const seen = (changes: { events?: RunEvent[], after?: number, isWhole?: boolean }) => rulesBroken({ seen: [{ client: 'c', runId: ref.runId, after: 1, events, isWhole: true, ...changes }] })
    expect(await seen({})).toEqual([])
    expect(await seen({ events: events.slice(0, 2), isWhole: false })).toEqual([])
    expect(await seen({ events: events.slice(0, 2) })).toEqual(['seen'])
    expect(await seen({ events: events.toSpliced(1, 1) })).toEqual(['seen'])
    expect(await seen({ events: events.toSpliced(1, 0, events[0]!) })).toEqual(['seen'])
    expect(await seen({ events: events.with(1, { ...events[1]!, data: { step: 1, stream: 'stdout', text: 'x' } } as StoredEvent) })).toEqual(['seen'])
    expect(await seen({ after: 0 })).toEqual(['seen'])
  })

  it('has nothing that is queued or running when all is over', async () => {
    expect(await rulesBroken({ isSettled: true })).toContain('stuck')
    await given.claim()
    for (const { runId, fence, worker } of await leases(given))
      await given.log.end({ runId, fence, attempt: 1 }, { reason: 'completed', detail: worker })
    expect(await rulesBroken({ isSettled: true })).toEqual([])
  })
})

/** What is found between the two statements, the second of which undoes the first. */
async function broken({ db }: Given, corrupt: string, mend: string): Promise<Rule[]> {
  await db.batch([{ sql: corrupt, params: [] }])
  const found = await checkDatabase(db)
  await db.batch([{ sql: mend, params: [] }])
  expect(await checkDatabase(db)).toEqual([])
  return found.map(({ rule }) => rule)
}

async function leases({ db }: Given): Promise<{ runId: string, fence: number, worker: string }[]> {
  const rows = await db.read({ sql: `SELECT "id", "fence", "worker" FROM runs WHERE "status" = 'running'`, params: [] })
  return rows.map(row => ({ runId: String(row.id), fence: Number(row.fence), worker: String(row.worker) }))
}

/** As if the event had never been: the seqs close up. */
function without(type: RunEvent['type']): (given: History) => void {
  return ({ events, run }) => {
    events.splice(events.findIndex(event => event.type === type), 1)
    events.forEach((event, index) => void (event.seq = index + 1))
    run.lastSeq = events.length
  }
}

function append({ events, run }: History, one: StoredEvent): void {
  events.push({ ...one, seq: events.length + 1 })
  run.lastSeq++
}

/** Others in the place of the first one, and of those after it. */
function replace({ events }: History, type: RunEvent['type'], ...others: NewEvent[]): void {
  const from = events.findIndex(event => event.type === type)
  others.forEach((other, index) => Object.assign(events[from + index]!, { type: other.type, data: other.data }))
}

function find({ events }: History, type: RunEvent['type'], place = 0): StoredEvent {
  return events.filter(event => event.type === type).at(place)! // the valid history has one
}
