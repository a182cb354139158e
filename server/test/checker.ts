import type { RunEvent } from '../src/domain/event.ts'
import type { RunStatus } from '../src/domain/run.ts'
import type { RunView } from '../src/domain/views.ts'
import type { Database } from '../src/store/database.ts'
import { isFinal, RUN_STATUSES } from '../src/domain/run.ts'
import { progressOf } from '../src/events/progress.ts'
import { readEvents } from '../src/store/events.ts'
import { getRuns } from '../src/store/runs.ts'

export interface AttemptRow { attempt: number, fence: number, worker: string, isEnded: boolean }

export interface History {
  run: Pick<RunView, 'id' | 'status' | 'reason' | 'attempt' | 'lastSeq' | 'steps' | 'outputBytes' | 'tokens' | 'costUsd'> & { fence: number }
  attempts: AttemptRow[]
  events: RunEvent[]
}

/** Holds every run of a database against the rules of architecture.md, and the kept counts against the rows. Resolves to what is wrong, in a sentence each. */
export async function checkDatabase(db: Database): Promise<string[]> {
  const rows = await db.read({ sql: 'SELECT "id", "fence" FROM runs', params: [] })
  const views = await getRuns(db, rows.map(row => String(row.id)))
  const violations: string[] = []
  for (const view of views) {
    const fence = Number(rows.find(row => row.id === view.id)!.fence)
    const attempts = await readAttempts(db, view.id)
    const events = await readEvents(db, view.id, { after: 0, limit: 1_000_000 })
    violations.push(...checkHistory({ run: { ...view, fence }, attempts, events }))
  }
  return [...violations, ...await checkTallies(db), ...await checkOrphans(db)]
}

async function readAttempts(db: Database, runId: string): Promise<AttemptRow[]> {
  const rows = await db.read({ sql: `SELECT "attempt", "fence", "worker", CASE WHEN "endedAt" IS NULL THEN 0 ELSE 1 END AS "ended" FROM attempts WHERE "runId" = $1 ORDER BY "attempt"`, params: [runId] })
  return rows.map(row => ({ attempt: Number(row.attempt), fence: Number(row.fence), worker: String(row.worker), isEnded: row.ended === 1 }))
}

/** The rules that one run's row, attempts and events must keep. */
export function checkHistory({ run, attempts, events }: History): string[] {
  const wrong: string[] = []
  const must = (holds: boolean, rule: string): void => void (holds || wrong.push(`run ${run.id}: ${rule}`))

  must(events[0]?.type === 'run.submitted', 'its first event is run.submitted')
  must(events.every((event, index) => event.seq === index + 1), 'its seqs are dense from 1')
  must(run.lastSeq === events.length, `its lastSeq (${run.lastSeq}) is the seq of its last event (${events.length})`)

  const ends = events.filter(event => event.type === 'run.ended')
  must(ends.length === (isFinal(run.status) ? 1 : 0), `a ${run.status} run has ${isFinal(run.status) ? 'one run.ended' : 'no run.ended'}, not ${ends.length}`)
  must(ends.length === 0 || events.at(-1)?.type === 'run.ended', 'run.ended is its last event')
  must(ends.every(end => end.type === 'run.ended' && end.data.status === run.status && end.data.reason === run.reason), 'run.ended says its status and reason')
  must(foldStatus(events) === run.status, `its status is ${run.status}, and its events say ${foldStatus(events)}`)

  const starts = events.filter(event => event.type === 'attempt.started')
  must(starts.length === run.attempt && attempts.length === run.attempt, `its attempt (${run.attempt}) is the number of attempts (${attempts.length}) and of attempt.started (${starts.length})`)
  must(starts.every((start, index) => start.type === 'attempt.started' && start.attempt === index + 1
    && start.data.fence === attempts[index]?.fence && start.data.worker === attempts[index]?.worker), 'each attempt.started names the fence and worker of its attempt')
  must(attempts.every((attempt, index) => index === 0 || attempt.fence > attempts[index - 1]!.fence), 'fences grow')
  must(attempts.length === 0 || attempts.at(-1)!.fence === run.fence, 'its fence is that of its last attempt')
  must(attempts.filter(attempt => !attempt.isEnded).length === (run.status === 'running' ? 1 : 0), 'an attempt is open exactly while it runs')
  must(events.every((event, index) => index === 0 || event.attempt >= events[index - 1]!.attempt), 'no event of an attempt comes after the next attempt')
  must(events.every(event => event.type === 'attempt.started' || isServers(event.type) || isOpen(events, event.seq)), 'a worker writes only between the start and the end of its attempt')

  const sum = progressOf(events)
  must(sum.steps === run.steps && sum.outputBytes === run.outputBytes && sum.tokens === run.tokens, 'its steps, output and tokens are the sum over its events')
  must(Math.abs((sum.costUsd ?? 0) - (run.costUsd ?? 0)) < 1e-9, 'its cost is the sum over its events')
  return wrong
}

function foldStatus(events: RunEvent[]): RunStatus | undefined {
  let status: RunStatus | undefined
  for (const event of events) {
    if (event.type === 'run.submitted' || event.type === 'run.retry_scheduled')
      status = 'queued'
    if (event.type === 'attempt.started')
      status = 'running'
    if (event.type === 'run.ended')
      status = event.data.status
  }
  return status
}

function isServers(type: RunEvent['type']): boolean {
  return ['run.submitted', 'run.cancel_requested', 'run.retry_scheduled', 'run.ended', 'attempt.lost', 'attempt.ended'].includes(type)
}

function isOpen(events: RunEvent[], seq: number): boolean {
  const last = events.slice(0, seq - 1).findLast(({ type }) => ['attempt.started', 'run.retry_scheduled', 'attempt.ended', 'attempt.lost'].includes(type))
  return last?.type === 'attempt.started'
}

async function checkTallies(db: Database): Promise<string[]> {
  const counted = await db.read({ sql: `SELECT "organisationId", "status", count(*) AS "runs" FROM runs GROUP BY 1, 2`, params: [] })
  const kept = await db.read({ sql: `SELECT "organisationId", "status", sum("runs") AS "runs" FROM run_tallies GROUP BY 1, 2`, params: [] })
  const number = (rows: typeof kept, organisationId: unknown, status: string): number =>
    Number(rows.find(row => row.organisationId === organisationId && row.status === status)?.runs ?? 0)
  const organisations = new Set([...counted, ...kept].map(row => row.organisationId))
  return [...organisations].flatMap(organisation => RUN_STATUSES.flatMap((status) => {
    const [real, said] = [number(counted, organisation, status), number(kept, organisation, status)]
    return real === said ? [] : [`${real} runs are ${status} and the kept count says ${said}`]
  }))
}

async function checkOrphans(db: Database): Promise<string[]> {
  const rows = await db.read({ sql: 'SELECT DISTINCT "runId" FROM events WHERE "runId" NOT IN (SELECT "id" FROM runs)', params: [] })
  return rows.map(row => `events of run ${String(row.runId)} are there, and the run is not`)
}
