import type { UsageReport, UsageRow } from '../domain/views/budget.ts'
import type { Database } from './database.ts'
import type { Row } from './driver.ts'
import { usdOf } from '../domain/budget.ts'

/** Days since 1970 in UTC, both ends included. */
export interface Days { from: number, to: number }

const DAY_MS = 86_400_000

/** What was used in some days. It reads rows of hours, not of runs, so that it costs the same however many runs there were. */
export async function usageReport(db: Database, organisationId: string, days: Days): Promise<UsageReport> {
  const length = days.to - days.from + 1
  const [[total], [before], byDay, byModel, byAgent, byPerson] = await Promise.all([
    sum(db, organisationId, days, []),
    sum(db, organisationId, { from: days.from - length, to: days.from - 1 }, []),
    sum(db, organisationId, days, ['day', 'model']),
    sum(db, organisationId, days, ['model']),
    sum(db, organisationId, days, ['agent']),
    sum(db, organisationId, days, ['person']),
  ])
  return { from: dayName(days.from), to: dayName(days.to), total: total!, before: before!, byDay, byModel, byAgent, byPerson }
}

/** All that was used on a day. */
export async function usageOfDay(db: Database, organisationId: string, day: number): Promise<UsageRow> {
  const [total] = await sum(db, organisationId, { from: day, to: day }, [])
  return total! // sums of nothing are a row too
}

/** One line for each day, agent, person and model. */
export async function usageRows(db: Database, organisationId: string, days: Days): Promise<UsageRow[]> {
  return sum(db, organisationId, days, ['day', 'agent', 'person', 'model'])
}

type Dimension = 'day' | 'agent' | 'person' | 'model'

const COLUMNS: Record<Dimension, string> = {
  day: 'h."hour" / 24',
  agent: 'coalesce(a."name", h."agentId")',
  person: 'coalesce(u."name", h."userId")',
  model: 'h."model"',
}

/** More than a person reads. */
const MOST_ROWS = 100_000

async function sum(db: Database, organisationId: string, { from, to }: Days, by: Dimension[]): Promise<UsageRow[]> {
  const names = by.map(one => `${COLUMNS[one]} AS "${one}", `).join('')
  const group = by.length > 0 ? `GROUP BY ${by.map(one => COLUMNS[one]).join(', ')}` : ''
  const order = by.includes('day') ? `ORDER BY ${by.map(one => `"${one}"`).join(', ')}` : by.length > 0 ? `ORDER BY sum(h."nanos") DESC, sum(h."inputTokens" + h."outputTokens") DESC, "${by[0]}"` : ''
  const sums = ['calls', 'unknownCalls', 'inputTokens', 'outputTokens', 'cachedTokens', 'nanos'].map(name => `coalesce(sum(h."${name}"), 0) AS "${name}"`).join(', ')
  const rows = await db.read({
    sql: `SELECT ${names}${sums} FROM usage_hours AS h LEFT JOIN agents AS a ON a."id" = h."agentId" LEFT JOIN users AS u ON u."id" = h."userId"
      WHERE h."organisationId" = $1 AND h."hour" >= $2 AND h."hour" < $3 ${group} ${order} LIMIT ${MOST_ROWS}`,
    params: [organisationId, from * 24, (to + 1) * 24],
  })
  return rows.map(toRow)
}

function toRow(row: Row): UsageRow {
  return {
    day: row.day === undefined ? null : dayName(Number(row.day)),
    agent: textOf(row.agent),
    person: textOf(row.person),
    model: textOf(row.model),
    calls: Number(row.calls),
    unknownCalls: Number(row.unknownCalls),
    inputTokens: Number(row.inputTokens),
    outputTokens: Number(row.outputTokens),
    cachedTokens: Number(row.cachedTokens),
    costUsd: usdOf(Number(row.nanos)),
  }
}

function textOf(value: Row[string] | undefined): string | null {
  return value === undefined || value === null ? null : String(value)
}

function dayName(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}
