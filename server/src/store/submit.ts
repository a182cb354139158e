import type { NewEvent } from '../domain/event.ts'
import type { IsolationLevel } from '../domain/run.ts'
import type { RunLimits, RunView } from '../domain/views.ts'
import type { Actor } from './actor.ts'
import type { AgentRow } from './agents.ts'
import type { Database } from './database.ts'
import type { Param } from './driver.ts'
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
  submitted: NewEvent
}

export interface Inserted { run: RunView, isNew: boolean }

/** The run and its first event, in one transaction. The same idempotency key gives the same run, to both of two that come at once. */
export async function insertRun(db: Database, request: RunToInsert): Promise<Inserted> {
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
    createdById: actor.userId,
    priority: request.priority,
    maxAttempts: agent.manifest.retry.attempts,
  }
  const columns: Record<string, Param> = { ...asked, status: 'queued', attempt: 0, fence: 0, lastSeq: 1, steps: 0, outputBytes: 0, tokens: 0 }
  const names = Object.keys(columns)
  const [inserted] = await db.batch([
    {
      sql: `INSERT INTO runs (${names.map(name => `"${name}"`).join(', ')}, "createdAt", "availableAt")
        VALUES (${names.map((_, index) => `$${index + 1}`).join(', ')}, ${sql.now}, ${sql.later(sql.now, `$${names.length + 1}`)})
        ON CONFLICT ("organisationId", "idempotencyKey") DO NOTHING
        RETURNING ${sql.epochMs('"createdAt"')} AS "createdAt", ${sql.epochMs('"availableAt"')} AS "availableAt"`,
      params: [...Object.values(columns), request.delayMs],
    },
    { sql: sql.insertEvents('$1', '$2', 'r."id" = $3'), params: [encodeEvents([request.submitted]), actor.userId, asked.id] },
  ])
  const [times] = inserted!
  if (!times)
    return { run: await findByKey(db, request), isNew: false }
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
  scheduleId: null,
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
