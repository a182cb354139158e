import BetterSqlite3 from 'better-sqlite3'
import { sqliteDatabaseError } from './errors.sqlite.ts'

/** A row of the Python prototype's runtime.db: what it called an agent was one run of one. */
export interface PrototypeRun {
  id: string
  name: string
  model: string
  pid: number | null
  status: 'running' | 'completed' | 'failed' | 'stopped'
  /** Milliseconds since 1970; null: it had not ended, or nobody wrote it down. */
  startedAt: number | null
  stoppedAt: number | null
}

export interface PrototypeSchedule { name: string, task: string, time: string | null, repeat: string | null }

export type PrototypeDatabase = { ok: true, runs: PrototypeRun[], schedules: PrototypeSchedule[] } | { ok: false, problem: string }

/** Its two tables. Later versions called `stopped_at` completed_at. */
const TABLES: Record<string, string[]> = {
  agents: ['id', 'name', 'model', 'pid', 'status', 'started_at', 'stopped_at', 'completed_at', 'log_path'],
  scheduled_agents: ['id', 'name', 'manifest_path', 'task', 'schedule_type', 'time_config', 'repeat_config', 'next_run', 'created_at'],
}
const NEEDED = ['id', 'name', 'status', 'started_at']
const STATUSES = ['running', 'completed', 'failed', 'stopped']

/** Reads it and changes nothing. A table, column or status that the prototype did not have is not guessed at. */
export function readPrototype(path: string): PrototypeDatabase {
  try {
    const connection = new BetterSqlite3(path, { readonly: true, fileMustExist: true, timeout: 10_000 })
    try {
      return read(connection)
    }
    finally {
      connection.close()
    }
  }
  catch (error) {
    throw sqliteDatabaseError(error, path)
  }
}

function read(connection: BetterSqlite3.Database): PrototypeDatabase {
  const columns = connection.prepare(`SELECT m.name AS "table", c.name AS "column" FROM sqlite_master AS m, pragma_table_info(m.name) AS c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`).all() as { table: string, column: string }[] // the columns named here
  const unknown = columns.find(({ table, column }) => !TABLES[table]?.includes(column))
  if (unknown)
    return { ok: false, problem: `it has ${TABLES[unknown.table] ? `the column ${unknown.table}.${unknown.column}` : `the table ${unknown.table}`}, which the prototype's runtime.db does not have` }
  const missing = NEEDED.find(name => !columns.some(({ table, column }) => table === 'agents' && column === name))
  if (missing)
    return { ok: false, problem: `it has no column agents.${missing}, which the prototype's runtime.db has` }
  const rows = connection.prepare('SELECT * FROM agents ORDER BY started_at, id').all() as Record<string, unknown>[] // checked below
  const strange = rows.find(({ status }) => !STATUSES.includes(String(status)))
  if (strange)
    return { ok: false, problem: `the run ${String(strange.id)} has the status ${JSON.stringify(strange.status)}; expected running, completed, failed or stopped` }
  const hasSchedules = columns.some(({ table }) => table === 'scheduled_agents')
  const schedules = hasSchedules ? connection.prepare('SELECT * FROM scheduled_agents ORDER BY id').all() as Record<string, unknown>[] : []
  return { ok: true, runs: rows.map(toRun), schedules: schedules.map(toSchedule) }
}

function toRun(row: Record<string, unknown>): PrototypeRun {
  return {
    id: String(row.id),
    name: String(row.name ?? ''),
    model: String(row.model ?? ''),
    pid: row.pid == null ? null : Number(row.pid),
    status: row.status as PrototypeRun['status'], // one of those above
    startedAt: momentOf(row.started_at),
    stoppedAt: momentOf(row.stopped_at ?? row.completed_at),
  }
}

function toSchedule(row: Record<string, unknown>): PrototypeSchedule {
  const text = (value: unknown): string | null => value == null ? null : String(value)
  return { name: String(row.name ?? ''), task: String(row.task ?? ''), time: text(row.time_config), repeat: text(row.repeat_config) }
}

/** The prototype wrote ISO 8601 in UTC; what names no zone is taken for that too. */
function momentOf(value: unknown): number | null {
  if (typeof value !== 'string')
    return null
  const at = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(value) ? value : `${value.replace(' ', 'T')}Z`)
  return Number.isNaN(at) ? null : at
}
