import type { NewEvent } from '../domain/event.ts'
import type { IsolationLevel } from '../domain/run.ts'
import type { RunLimits } from '../domain/views.ts'
import type { Actor } from './actor.ts'
import type { AgentRow } from './agents.ts'
import type { Database } from './database.ts'
import type { Param } from './driver.ts'
import { newId } from './id.ts'
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
  submitted: NewEvent
}

/** The run and its first event, in one transaction. The same idempotency key gives the same run, to both of two that come at once. */
export async function insertRun(db: Database, run: RunToInsert): Promise<{ runId: string, inserted: boolean }> {
  const runId = newId()
  const { sql } = db
  const columns: Record<string, Param> = {
    id: runId,
    organisationId: run.actor.organisationId,
    agentId: run.agent.id,
    agentName: run.agent.name,
    agentVersion: run.agent.version,
    task: storable(run.task),
    inputs: JSON.stringify(run.inputs),
    limits: JSON.stringify(run.limits),
    notices: JSON.stringify(run.agent.notices),
    workspaceFrom: run.workspaceFrom,
    isolation: run.isolation,
    retryOf: run.retryOf,
    idempotencyKey: run.idempotencyKey,
    createdById: run.actor.userId,
    status: 'queued',
    priority: run.priority,
    attempt: 0,
    maxAttempts: run.agent.manifest.retry.attempts,
    fence: 0,
    lastSeq: 1,
    steps: 0,
    outputBytes: 0,
    tokens: 0,
  }
  const names = Object.keys(columns)
  const [inserted] = await db.batch([
    {
      sql: `INSERT INTO runs (${names.map(name => `"${name}"`).join(', ')}, "createdAt", "availableAt")
        VALUES (${names.map((_, index) => `$${index + 1}`).join(', ')}, ${sql.now}, ${sql.later(sql.now, `$${names.length + 1}`)})
        ON CONFLICT ("organisationId", "idempotencyKey") DO NOTHING RETURNING "id"`,
      params: [...Object.values(columns), run.delayMs],
    },
    { sql: sql.insertEvents('$1', '$2', 'r."id" = $3'), params: [encodeEvents([run.submitted]), run.actor.userId, runId] },
  ])
  return inserted!.length > 0 ? { runId, inserted: true } : { runId: await findByKey(db, run), inserted: false }
}

async function findByKey(db: Database, { actor: { organisationId }, idempotencyKey }: RunToInsert): Promise<string> {
  const key = { organisationId, idempotencyKey: idempotencyKey! } // nothing else can conflict
  const { id } = await db.ask(prisma => prisma.run.findUniqueOrThrow({ where: { organisationId_idempotencyKey: key }, select: { id: true } }))
  return id
}
