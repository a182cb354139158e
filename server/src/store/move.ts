import type { NewEvent } from '../domain/event.ts'
import type { EndReason, FinalStatus, RunStatus } from '../domain/run.ts'
import type { WaitingFor } from '../domain/views/run.ts'
import type { Database } from './database.ts'
import type { Param, Statement } from './driver.ts'
import type { Sql } from './sql.ts'
import { event } from '../domain/event.ts'
import { canMove, END_REASONS } from '../domain/run.ts'
import { newId } from './id.ts'
import { encodeEvents, storable } from './text.ts'

/** A run as it stands, before it is moved. Times are the database's, in milliseconds. */
export interface StandingRun {
  id: string
  organisationId: string
  status: RunStatus
  fence: number
  attempt: number
  maxAttempts: number
  failures: number
  losses: number
  recorded: number
  recordedAtLoss: number
  /** What it is parked for. */
  waitingFor: WaitingFor | null
  lastSeq: number
  mark: string | null
  worker: string | null
  steps: number
  outputBytes: number
  tokens: number
  costUsd: number | null
  startedAt: number | null
  attemptStartedAt: number | null
  cancelRequestedAt: number | null
  /** How much is left of the lease; negative when it has run out. */
  leaseLeftMs: number | null
  now: number
}

export interface Move {
  /** A user's id or a worker's name. */
  actor: string
  /** In order; the last one gets the highest seq. */
  events: NewEvent[]
  to:
    | { status: FinalStatus, reason: EndReason, detail: string, cancelRequestedBy?: string, isDeadLetter?: boolean }
    /** `counts`: what the attempt that has ended adds up to. `host`: the machine that holds its workspace. */
    | { status: 'queued', reason: EndReason, detail: string, availableAt: number, counts: AttemptCounts, host: string | null }
    | { status: 'waiting', reason: EndReason, detail: string, waitingFor: WaitingFor, host: string | null }
    /** A person has decided what it waited for. */
    | { status: 'queued', decidedBy: string }
    /** It goes on running; that somebody wants it to end is noted. */
    | { status: 'running', cancelRequestedBy: string }
    /** Only its log grows. */
    | { status: RunStatus, stays: true }
  /** What is stored in the same transaction; each statement has to see by the run's mark that the run was moved. */
  with?: (sql: Sql, mark: string) => Statement[]
}

/** How its attempts have gone: failures count against the manifest's `retry`, losses in a row make it poison. */
export type AttemptCounts = Pick<StandingRun, 'failures' | 'losses' | 'recordedAtLoss'>

export interface Moved { run: StandingRun, moved: boolean, lastSeq: number }

type Decide = (run: StandingRun) => Move | null | Promise<Move | null>

/**
 * Every change of a run's status but the claim. `decide` sees the run as it stands and says what is to become of it, or null to leave
 * it; when somebody else was quicker it is asked again. Row, events and attempt change in one transaction. Null when there is no such run.
 * After a failure that leaves open whether it was stored, the same `mark` once more finds out and moves the run only once.
 */
export async function moveRun(db: Database, runId: string, decide: Decide, mark = newId()): Promise<Moved | null> {
  while (true) {
    const run = await readStanding(db, runId)
    if (!run)
      return null
    if (run.mark === mark)
      return { run, moved: true, lastSeq: run.lastSeq }
    const move = await decide(run)
    if (!move)
      return { run, moved: false, lastSeq: run.lastSeq }
    if (move.to.status !== run.status && !canMove(run.status, move.to.status))
      throw new Error(`run ${run.id} is ${run.status} and cannot become ${move.to.status}`)
    const [moved] = await db.batch(statementsFor(db, run, move, mark))
    if (moved!.length > 0) {
      db.moved({ runId: run.id, attempt: run.attempt, from: run.status, to: move.to.status, events: move.events })
      return { run, moved: true, lastSeq: run.lastSeq + move.events.length }
    }
  }
}

export async function readStanding(db: Database, runId: string): Promise<StandingRun | null> {
  const { now, epochMs } = db.sql
  const [row] = await db.read({
    sql: `SELECT r."id", r."organisationId", r."status", r."fence", r."attempt", r."maxAttempts", r."failures", r."losses", r."recorded", r."recordedAtLoss", r."waitingFor", r."lastSeq", r."mark", r."worker", r."steps",
        r."outputBytes", r."tokens", r."costUsd", ${epochMs('r."startedAt"')} AS "startedAt", ${epochMs('a."startedAt"')} AS "attemptStartedAt",
        ${epochMs('r."cancelRequestedAt"')} AS "cancelRequestedAt", ${epochMs('r."leaseUntil"')} - ${epochMs(now)} AS "leaseLeftMs", ${epochMs(now)} AS "now"
      FROM runs AS r LEFT JOIN attempts AS a ON a."runId" = r."id" AND a."attempt" = r."attempt" WHERE r."id" = $1`,
    params: [runId],
  })
  if (!row)
    return null
  const waitingFor = row.waitingFor === null ? null : JSON.parse(String(row.waitingFor)) as unknown
  // The columns named above; PostgreSQL's driver gives large integers as text.
  return { ...row, waitingFor, outputBytes: Number(row.outputBytes), tokens: Number(row.tokens) } as unknown as StandingRun
}

function statementsFor({ sql }: Database, run: StandingRun, { actor, events, to, with: others }: Move, mark: string): Statement[] {
  const [columns, values] = changesOf(to, sql.now, sql.instant)
  const statements: Statement[] = [
    {
      sql: `UPDATE runs SET "status" = $1, "mark" = $2, "lastSeq" = "lastSeq" + $3, ${columns} WHERE "id" = $4 AND "status" = $5 AND "fence" = $6 AND "lastSeq" = $7 RETURNING "id"`,
      params: [to.status, mark, events.length, run.id, run.status, run.fence, run.lastSeq, ...values],
    },
    { sql: sql.insertEvents('$1', '$2', 'r."id" = $3 AND r."mark" = $4'), params: [encodeEvents(events), actor, run.id, mark] },
  ]
  if (run.status === 'running' && to.status !== 'running' && 'reason' in to) {
    statements.push({
      sql: `UPDATE attempts SET "endedAt" = ${sql.now}, "reason" = $1, "detail" = $2
        WHERE "runId" = $3 AND "attempt" = $4 AND EXISTS (SELECT 1 FROM runs AS r WHERE r."id" = $3 AND r."mark" = $5)`,
      params: [to.reason, storable(to.detail), run.id, run.attempt, mark],
    })
  }
  return [...statements, ...others?.(sql, mark) ?? []]
}

/** What is set beside status and seq; parameters from `$8` on. */
function changesOf(to: Move['to'], now: string, instant: (param: string) => string): [string, Param[]] {
  const request = `"cancelRequestedAt" = ${now}, "cancelRequestedBy" = `
  const rest = '"leaseUntil" = NULL, "now" = NULL, "waitingFor" = NULL'
  if ('stays' in to)
    return ['"now" = "now"', []]
  if (to.status === 'running')
    return [`${request}$8`, [to.cancelRequestedBy]]
  if (to.status === 'waiting')
    return [`"waitingFor" = $8, "host" = $9, "worker" = NULL, "leaseUntil" = NULL, "now" = NULL`, [JSON.stringify(to.waitingFor), to.host]]
  if (to.status === 'queued' && 'decidedBy' in to)
    return [`"availableAt" = ${now}, ${rest}`, []]
  if (to.status === 'queued') {
    const { failures, losses, recordedAtLoss } = to.counts
    return [`"availableAt" = ${instant('$8')}, "worker" = NULL, "failures" = $9, "losses" = $10, "recordedAtLoss" = $11, "host" = $12, ${rest}`, [to.availableAt, failures, losses, recordedAtLoss, to.host]]
  }
  const ended = `"reason" = $8, "detail" = $9, "endedAt" = ${now}, "host" = NULL, ${to.isDeadLetter ? `"deadLetteredAt" = ${now}, ` : ''}${rest}`
  const words = [to.reason, storable(to.detail)]
  return to.cancelRequestedBy === undefined ? [ended, words] : [`${ended}, ${request}$10`, [...words, to.cancelRequestedBy]]
}

export interface End { to: { status: FinalStatus, reason: EndReason, detail: string }, ended: NewEvent }

/** The last event of a run, and the status that goes with it. */
export function endOf(run: StandingRun, reason: EndReason, detail: string, survivors = 0): End {
  const { status } = END_REASONS[reason]
  const { steps, outputBytes, tokens, costUsd } = run
  const durationMs = run.startedAt === null ? 0 : Math.max(0, run.now - run.startedAt)
  return { to: { status, reason, detail }, ended: event('run.ended', { status, reason, detail, steps, outputBytes, tokens, costUsd, durationMs, survivors }) }
}
