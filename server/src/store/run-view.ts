import type { EndReason, IsolationLevel, RunStatus } from '../domain/run.ts'
import type { RunLimits, RunView, WaitingFor } from '../domain/views/run.ts'
import type { Database } from './database.ts'
import type { Param, Row } from './driver.ts'
import type { QueueRow } from './queue-reasons.ts'
import type { Sql } from './sql.ts'
import { queueReasons } from './queue-reasons.ts'

/** What `toRunViews` is made of; times are milliseconds. */
export interface RunRow extends QueueRow {
  agentName: string
  agentVersion: number
  task: string
  inputs: string
  limits: string
  notices: string
  workspaceFrom: string | null
  reason: string | null
  detail: string | null
  now: string | null
  attempt: number
  maxAttempts: number
  failures: number
  worker: string | null
  waitingFor: string | null
  scheduleId: string | null
  kind: string
  priority: number
  isolation: string | null
  isolationBy: string | null
  steps: number
  outputBytes: number | string
  tokens: number | string
  costUsd: number | null
  lastSeq: number
  createdBy: string
  createdAt: number
  endedAt: number | null
  cancelRequestedAt: number | null
  deadLetteredAt: number | null
  heldAt: number | null
}

const PLAIN = ['id', 'agentId', 'agentName', 'agentVersion', 'task', 'inputs', 'limits', 'notices', 'workspaceFrom', 'status', 'reason', 'detail', 'now', 'attempt',
  'maxAttempts', 'failures', 'host', 'worker', 'waitingFor', 'scheduleId', 'kind', 'priority', 'isolation', 'isolationBy', 'steps', 'outputBytes', 'tokens', 'costUsd', 'lastSeq', 'createdById', 'concurrencyKey'] as const
const TIMES = ['createdAt', 'availableAt', 'startedAt', 'endedAt', 'cancelRequestedAt', 'deadLetteredAt', 'heldAt'] as const

/** The runs that `tail` (WHERE, ORDER BY, LIMIT) selects of `runs AS r`. */
export async function selectRuns(db: Database, tail: string, params: Param[]): Promise<RunView[]> {
  return toRunViews(db, await db.read({ sql: `${select(db.sql)} ${tail}`, params }) as (Row & RunRow)[]) // the columns of `select`
}

/** Left joins, although both rows are always there: so the runs come first, in the order of their index. */
function select({ epochMs }: Sql): string {
  const columns = [...PLAIN.map(name => `r."${name}"`), ...TIMES.map(name => `${epochMs(`r."${name}"`)} AS "${name}"`)]
  return `SELECT ${columns.join(', ')}, u."name" AS "createdBy", a."concurrency", a."userConcurrency", a."keyConcurrency", a."rateRuns", a."rateMs"
    FROM runs AS r LEFT JOIN users AS u ON u."id" = r."createdById" LEFT JOIN agents AS a ON a."id" = r."agentId"`
}

export async function toRunViews(db: Database, rows: RunRow[]): Promise<RunView[]> {
  const because = await queueReasons(db, rows)
  return rows.map(row => toRunView(row, because.get(row.id) ?? null))
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
    waitingFor: row.waitingFor === null ? null : JSON.parse(row.waitingFor) as WaitingFor,
    attempt: row.attempt,
    maxAttempts: row.maxAttempts,
    failures: row.failures,
    deadLetteredAt: isoOrNull(row.deadLetteredAt),
    heldAt: isoOrNull(row.heldAt),
    host: row.host,
    worker: row.worker,
    scheduleId: row.scheduleId,
    isChat: row.kind === 'chat',
    priority: row.priority,
    isolation: row.isolation as IsolationLevel | null,
    isolationBy: row.isolationBy,
    steps: row.steps,
    outputBytes: Number(row.outputBytes),
    tokens: Number(row.tokens),
    costUsd: row.costUsd,
    lastSeq: row.lastSeq,
    createdBy: row.createdBy,
    createdAt: new Date(row.createdAt).toISOString(),
    availableAt: new Date(row.availableAt).toISOString(),
    startedAt: isoOrNull(row.startedAt),
    endedAt: isoOrNull(row.endedAt),
    cancelRequestedAt: isoOrNull(row.cancelRequestedAt),
    limits: JSON.parse(row.limits) as RunLimits,
    workspaceFrom: row.workspaceFrom,
    notices: JSON.parse(row.notices) as string[],
  }
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
