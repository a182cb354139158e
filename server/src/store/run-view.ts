import type { EndReason, IsolationLevel, RunStatus } from '../domain/run.ts'
import type { RunLimits, RunView } from '../domain/views.ts'
import type { Database } from './database.ts'
import type { RunGetPayload } from './generated/sqlite/models/Run.ts'

/** What `toRunViews` needs of a row, for `include`. */
export const RUN_PARTS = { createdBy: { select: { name: true } }, agent: { select: { concurrency: true } } } as const

export type RunRow = RunGetPayload<{ include: typeof RUN_PARTS }>

export async function toRunViews(db: Database, rows: RunRow[]): Promise<RunView[]> {
  const full = await findFullAgents(db, rows)
  const now = Date.now()
  return rows.map(row => toRunView(row, queuedBecause(row, full, now)))
}

/** Agents that have as many runs running as their manifest lets them; asked only when one of the rows could be waiting for that. */
async function findFullAgents(db: Database, rows: RunRow[]): Promise<Set<string>> {
  const limits = new Map(rows.flatMap(row => row.status === 'queued' && row.agent.concurrency !== null ? [[row.agentId, row.agent.concurrency]] : []))
  if (limits.size === 0)
    return new Set()
  const running = await db.read({
    sql: `SELECT "agentId", count(*) AS "runs" FROM runs WHERE "status" = 'running' AND "agentId" IN ${db.sql.texts('$1')} GROUP BY "agentId"`,
    params: [JSON.stringify([...limits.keys()])],
  })
  return new Set(running.filter(row => Number(row.runs) >= limits.get(String(row.agentId))!).map(row => String(row.agentId)))
}

function queuedBecause(row: RunRow, full: Set<string>, now: number): RunView['queuedBecause'] {
  if (row.status !== 'queued')
    return null
  if (row.availableAt.getTime() > now)
    return 'later'
  return full.has(row.agentId) ? 'concurrency' : 'slots'
}

/** The casts below: these columns are written by `store/` alone, from the types that they are read as. */
function toRunView(row: RunRow, because: RunView['queuedBecause']): RunView {
  return {
    id: row.id,
    agentId: row.agentId,
    agentName: row.agentName,
    agentVersion: row.agentVersion,
    task: row.task,
    inputs: JSON.parse(row.inputs) as RunView['inputs'],
    status: row.status as RunStatus,
    reason: row.reason as EndReason | null,
    detail: row.detail,
    now: row.now,
    queuedBecause: because,
    attempt: row.attempt,
    maxAttempts: row.maxAttempts,
    priority: row.priority,
    isolation: row.isolation as IsolationLevel | null,
    isolationBy: row.isolationBy,
    steps: row.steps,
    outputBytes: Number(row.outputBytes),
    tokens: Number(row.tokens),
    costUsd: row.costUsd,
    lastSeq: row.lastSeq,
    createdBy: row.createdBy.name,
    createdAt: row.createdAt.toISOString(),
    availableAt: row.availableAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
    cancelRequestedAt: row.cancelRequestedAt?.toISOString() ?? null,
    limits: JSON.parse(row.limits) as RunLimits,
    workspaceFrom: row.workspaceFrom,
    notices: JSON.parse(row.notices) as string[],
  }
}
