import type { Notifier } from '../events/notifier.ts'
import type { RunRequest } from '../queue/submit.ts'
import type { Actor } from '../store/actor.ts'
import type { AgentRow } from '../store/agents.ts'
import type { Database } from '../store/database.ts'
import type { ClaimTick, Step, TickRecord, WaitingTick } from '../store/schedule-ticks.ts'
import type { ScheduleRow } from '../store/schedules.ts'
import { MOST_MISSED, planTicks } from '../domain/schedule.ts'
import { cancel } from '../queue/cancel.ts'
import { submitTick } from '../queue/submit.ts'
import { getAgentVersion } from '../store/agents.ts'
import { claimNextTick, claimWaitingTick, dropWaitingTicks, recordTicks, refuseWaitingTick, unfinishedRuns, waitingTicksOf } from '../store/schedule-ticks.ts'

/** Whether a run may be submitted now, with inputs filled in and its folder found; else why not, in a sentence. */
export type Prepare = (asked: { actor: Actor, agent: AgentRow, task: string, inputs: RunRequest['inputs'] }) =>
Promise<{ ok: true, inputs: RunRequest['inputs'], workspaceFrom: string | null } | { ok: false, problem: string }>

export interface TickServices { db: Database, notifier: Notifier, prepare: Prepare }

/** What is due of a schedule: missed ticks are left out or caught up, and one is started, or waits, as the schedule says. */
export async function comeTicks(o: TickServices, schedule: ScheduleRow & { nextTickMs: number }, nowMs: number): Promise<void> {
  const { skipped, omitted, start, nextMs } = planTicks(schedule, nowMs)
  const missed: TickRecord[] = [
    ...omitted === null ? [] : [{ atMs: omitted.atMs, outcome: 'skipped' as const, detail: omittedText(omitted) }],
    ...skipped.map(atMs => ({ atMs, outcome: 'skipped' as const, detail: missedText(schedule) })),
  ]
  if (missed.length > 0 && !await recordTicks(o.db, { scheduleId: schedule.id, expectedMs: schedule.nextTickMs, nextMs: start?.atMs ?? nextMs }, missed))
    return
  if (start)
    await startTick(o, schedule, start, { scheduleId: schedule.id, expectedMs: start.atMs, nextMs })
}

function missedText({ catchUp }: ScheduleRow): string {
  return `It was missed, and ${catchUp === 'none' ? 'nothing is' : catchUp === 'last' ? 'only the last is' : 'it is too old or one too many to be'} caught up.`
}

function omittedText({ count, isCounted }: { count: number, isCounted: boolean }): string {
  return isCounted
    ? `It was missed, and so were ${count - 1} after it that are not listed.`
    : `It was missed, and so were more than ${MOST_MISSED * 10} after it, of which the last are listed.`
}

async function startTick(o: TickServices, schedule: ScheduleRow, { isLate }: { isLate: boolean }, step: Step): Promise<void> {
  const { db, notifier } = o
  const record = (outcome: TickRecord['outcome'], detail: string): Promise<boolean> => recordTicks(db, step, [{ atMs: step.expectedMs, outcome, detail }])
  const [before, waiting] = await Promise.all([unfinishedRuns(db, schedule.id), waitingTicksOf(db, schedule.id)])
  const isCaughtUp = isLate && schedule.catchUp === 'all'
  if (before.length === 0 && waiting.count === 0)
    return submitOr(o, schedule, step.expectedMs, claimNextTick(step), problem => record('refused', problem))
  if (schedule.overlap === 'skip' && !isCaughtUp)
    return void await record('skipped', before.length > 0 ? `Run ${before[0]} has not ended.` : 'Earlier ticks wait for their turn.')
  if (waiting.count >= MOST_MISSED && schedule.overlap !== 'replace')
    return void await record('skipped', `${waiting.count} earlier ticks wait for their turn.`)
  if (schedule.overlap === 'replace' && !isCaughtUp) {
    await dropWaitingTicks(db, schedule.id, 'A later tick took its place.')
    await Promise.all(before.map(runId => cancel({ db, notifier }, { actor: actorOf(schedule), runId })))
  }
  await record('waiting', before.length > 0 ? `It starts when run ${before[0]} has ended.` : 'It starts when the ticks before it have.')
}

/** The oldest tick that waits is started once nothing is before it. */
export async function startWaiting(o: TickServices, { schedule, tickAtMs }: WaitingTick): Promise<{ before: string[], isStarted: boolean }> {
  const before = await unfinishedRuns(o.db, schedule.id)
  if (before.length > 0)
    return { before, isStarted: false }
  await submitOr(o, schedule, tickAtMs, claimWaitingTick(schedule.id, tickAtMs), problem => refuseWaitingTick(o.db, schedule.id, tickAtMs, problem))
  return { before: [], isStarted: true }
}

type Refuse = (problem: string) => Promise<unknown>

async function submitOr(o: TickServices, schedule: ScheduleRow, tickAtMs: number, claim: ClaimTick, refuse: Refuse): Promise<void> {
  const agent = await getAgentVersion(o.db, schedule.agentId, schedule.agentVersion)
  if (!agent)
    return void await refuse(`The agent ${schedule.agentName} has no version ${schedule.agentVersion}.`)
  const { task } = schedule
  const actor = actorOf(schedule)
  const ready = await o.prepare({ actor, agent, task, inputs: schedule.inputs })
  if (!ready.ok)
    return void await refuse(ready.problem)
  const { inputs, workspaceFrom } = ready
  await submitTick(o, { actor, agent, task, inputs, workspaceFrom, isolation: null, timeMs: null }, { scheduleId: schedule.id, tickAtMs, claim })
}

/** Its runs are those of who made it. */
export function actorOf({ organisationId, organisationName, createdById, createdBy }: ScheduleRow): Actor {
  return { organisationId, organisationName, userId: createdById, userName: createdBy }
}
