import type { NewEvent } from '../domain/event.ts'
import type { IsolationLevel } from '../domain/run.ts'
import type { RunLimits, RunView } from '../domain/views/run.ts'
import type { Actor } from './actor.ts'
import type { AgentRow } from './agents.ts'
import type { Database } from './database.ts'
import type { Param, Statement } from './driver.ts'
import type { ClaimTick } from './schedule-ticks.ts'
import type { Sql } from './sql.ts'
import { newId } from './id.ts'
import { selectRuns, toRunViews } from './run-view.ts'
import { encodeEvents, storable } from './text.ts'

export interface RunToInsert {
  actor: Actor
  agent: AgentRow
  task: string
  inputs: Record<string, string | number | boolean>
  limits: RunLimits
  workspaceFrom: string | null
  isolation: IsolationLevel | null
  priority: number
  delayMs: number
  idempotencyKey: string | null
  retryOf: string | null
  concurrencyKey: string | null
  scheduleId: string | null
  isChat: boolean
  submitted: NewEvent
}

/** The tick that a run is made of, and what makes it the run's own. */
export interface TickOfRun { scheduleId: string, tickAtMs: number, claim: ClaimTick }

export interface Inserted { run: RunView, isNew: boolean }

/** The run and its first event, in one transaction. The same idempotency key gives the same run, to both of two that come at once. */
export async function insertRun(db: Database, request: RunToInsert): Promise<Inserted> {
  return await insert(db, request, null) ?? { run: await findByKey(db, request), isNew: false }
}

/** The same for a tick, of which there is one run at most: null when the tick is not to be had any more, and nothing is stored. */
export async function insertRunOfTick(db: Database, request: RunToInsert, tick: TickOfRun): Promise<RunView | null> {
  return (await insert(db, request, tick))?.run ?? null
}

async function insert(db: Database, request: RunToInsert, tick: TickOfRun | null): Promise<Inserted | null> {
  const { sql } = db
  const { actor, agent } = request
  const asked = {
    id: newId(),
    organisationId: actor.organisationId,
    agentId: agent.id,
    agentName: agent.name,
    agentVersion: agent.version,
    task: storable(request.task),
    inputs: JSON.stringify(request.inputs),
    limits: JSON.stringify(request.limits),
    notices: JSON.stringify(agent.notices),
    workspaceFrom: request.workspaceFrom,
    isolation: request.isolation,
    retryOf: request.retryOf,
    idempotencyKey: request.idempotencyKey,
    concurrencyKey: request.concurrencyKey,
    scheduleId: request.scheduleId,
    kind: request.isChat ? 'chat' : 'task',
    createdById: actor.userId,
    priority: request.priority,
    maxAttempts: agent.manifest.retry.attempts,
  }
  const columns: Record<string, Param> = { ...asked, status: 'queued', attempt: 0, fence: 0, lastSeq: 1, steps: 0, outputBytes: 0, tokens: 0 }
  const statements = [insertStatement(sql, columns, request.delayMs, tick), { sql: sql.insertEvents('$1', '$2', 'r."id" = $3'), params: [encodeEvents([request.submitted]), actor.userId, asked.id] }]
  const before = tick?.claim(sql, asked.id) ?? []
  const results = await db.batch([...before, ...statements, ...tick === null ? [] : [nameRunOfTick(sql, request, tick, asked.id)]])
  const [times] = results[before.length]!
  if (!times)
    return null
  // As it was just written: to read it back would cost more than to write it.
  const row = {
    ...asked,
    ...UNTOUCHED,
    createdAt: Number(times.createdAt),
    availableAt: Number(times.availableAt),
    createdBy: actor.userName,
    concurrency: agent.manifest.concurrency,
    userConcurrency: agent.manifest.concurrencyPer.user,
    keyConcurrency: agent.manifest.concurrencyPer.key,
    rateRuns: agent.manifest.rate?.runs ?? null,
    rateMs: agent.manifest.rate?.perMs ?? null,
  }
  const [run] = await toRunViews(db, [row])
  return { run: run!, isNew: true }
}

function insertStatement(sql: Sql, columns: Record<string, Param>, delayMs: number, tick: TickOfRun | null): Statement {
  const names = Object.keys(columns)
  const given = (index: number): string => `$${names.length + index}`
  const values = [...names.map((_, index) => `$${index + 1}`), sql.now, sql.later(sql.now, given(1)), ...tick === null ? [] : [sql.instant(given(2))]]
  const own = `SELECT 1 FROM schedule_ticks AS t WHERE t."scheduleId" = ${given(3)} AND t."tickAt" = ${sql.instant(given(2))} AND t."runId" = $1`
  return {
    sql: `INSERT INTO runs (${names.map(name => `"${name}"`).join(', ')}, "createdAt", "availableAt"${tick === null ? '' : ', "tickAt"'})
      ${tick === null ? `VALUES (${values.join(', ')})` : `SELECT ${values.join(', ')} WHERE EXISTS (${own})`}
      ON CONFLICT ("organisationId", "idempotencyKey") DO NOTHING
      RETURNING ${sql.epochMs('"createdAt"')} AS "createdAt", ${sql.epochMs('"availableAt"')} AS "availableAt"`,
    params: [...Object.values(columns), delayMs, ...tick === null ? [] : [tick.tickAtMs, tick.scheduleId]],
  }
}

/** A run that has the tick's key already is the tick's run. */
function nameRunOfTick(sql: Sql, { actor, idempotencyKey }: RunToInsert, { scheduleId, tickAtMs }: TickOfRun, runId: string): Statement {
  return {
    sql: `UPDATE schedule_ticks SET "runId" = (SELECT r."id" FROM runs AS r WHERE r."organisationId" = $1 AND r."idempotencyKey" = $2)
      WHERE "scheduleId" = $3 AND "tickAt" = ${sql.instant('$4')} AND "runId" = $5`,
    params: [actor.organisationId, idempotencyKey, scheduleId, tickAtMs, runId],
  }
}

/** What nobody has done anything with yet. */
const UNTOUCHED = {
  status: 'queued',
  reason: null,
  detail: null,
  now: null,
  isolationBy: null,
  startedAt: null,
  endedAt: null,
  cancelRequestedAt: null,
  deadLetteredAt: null,
  heldAt: null,
  host: null,
  worker: null,
  waitingFor: null,
  failures: 0,
  attempt: 0,
  lastSeq: 1,
  steps: 0,
  outputBytes: 0,
  tokens: 0,
  costUsd: null,
}

async function findByKey(db: Database, { actor, idempotencyKey }: RunToInsert): Promise<RunView> {
  const [run] = await selectRuns(db, 'WHERE r."organisationId" = $1 AND r."idempotencyKey" = $2', [actor.organisationId, idempotencyKey])
  if (!run)
    throw new Error('the run that has this idempotency key was removed just now: submit once more')
  return run
}
