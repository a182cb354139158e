import type { RunStatus } from '../domain/run.ts'
import type { RunCounts, RunPage, RunView } from '../domain/views/run.ts'
import type { Database } from './database.ts'
import type { Param } from './driver.ts'
import { RUN_STATUSES } from '../domain/run.ts'
import { CursorError } from './errors.ts'
import { idRange } from './id.ts'
import { selectRuns } from './run-view.ts'
import { storable } from './text.ts'

/** By its id, or the beginning of it when one run alone has it. `candidates` are the ids that it may have meant, at most five. */
export async function findRun(db: Database, organisationId: string, idOrPrefix: string): Promise<{ found: RunView } | { found: null, candidates: string[] }> {
  const range = idRange(idOrPrefix)
  if (!range)
    return { found: null, candidates: [] }
  // The organisation is no plain column here, lest the database look through all of its runs instead of the few ids.
  const rows = await db.read({
    sql: `SELECT "id" FROM runs WHERE "id" BETWEEN $1 AND $2 AND "organisationId" || '' = $3 ORDER BY "id" LIMIT 5`,
    params: [range.gte, range.lte, organisationId],
  })
  const ids = rows.map(row => row.id as string) // the column named above
  const [found] = ids.length === 1 ? await getRuns(db, ids) : []
  return found ? { found } : { found: null, candidates: ids }
}

/** Those that exist, by priority and then by when they became available. */
export async function getRuns(db: Database, ids: string[], organisationId?: string): Promise<RunView[]> {
  if (ids.length === 0)
    return []
  const own = organisationId === undefined ? '' : 'AND r."organisationId" = $2'
  const tail = `WHERE r."id" IN ${db.sql.texts('$1')} ${own} ORDER BY r."priority" DESC, r."availableAt", r."id"`
  return selectRuns(db, tail, [JSON.stringify(ids), ...organisationId === undefined ? [] : [organisationId]])
}

export interface RunFilter {
  /** `older` of the page before. */
  before?: string
  /** 50 when left out. */
  limit?: number
  statuses?: RunStatus[]
  agentId?: string
  /** The beginning of an id, or a part of the task or of the agent's name. */
  search?: string
  /** ISO 8601: only those created then or later. */
  since?: string
  /** Only those that were given up after too many losses in a row. */
  deadLetter?: boolean
  /** Only conversations. */
  chats?: boolean
}

/** Newest first. Each page costs the same however many runs there are. Rejects with CursorError. */
export async function listRuns(db: Database, organisationId: string, filter: RunFilter): Promise<RunPage> {
  const limit = filter.limit ?? 50
  const { where, params } = conditions(db, organisationId, filter)
  const found = await selectRuns(db, `WHERE ${where} ORDER BY r."createdAt" DESC, r."id" DESC LIMIT ${limit + 1}`, params)
  const runs = found.slice(0, limit)
  const last = runs.at(-1)
  return { runs, older: found.length > limit && last ? `${Date.parse(last.createdAt)}.${last.id}` : null }
}

function conditions({ sql }: Database, organisationId: string, filter: RunFilter): { where: string, params: Param[] } {
  const { before, statuses, agentId, search, since, deadLetter, chats } = filter
  const params: Param[] = []
  const given = (value: Param): string => `$${params.push(value)}`
  const where = [`r."organisationId" = ${given(organisationId)}`]
  if (statuses)
    where.push(`r."status" IN ${sql.texts(given(JSON.stringify(statuses)))}`)
  if (agentId !== undefined)
    where.push(`r."agentId" = ${given(agentId)}`)
  if (since !== undefined)
    where.push(`r."createdAt" >= ${sql.instant(given(Date.parse(since)))}`)
  if (chats)
    where.push(`r."kind" = 'chat'`)
  if (deadLetter)
    where.push('r."deadLetteredAt" IS NOT NULL')
  if (before !== undefined) {
    const cursor = parseCursor(before)
    where.push(`(r."createdAt", r."id") < (${sql.instant(given(cursor.createdAt))}, ${given(cursor.id)})`)
  }
  if (search) {
    const pattern = given(`%${storable(search).replace(/[\\%_]/g, '\\$&')}%`)
    const range = idRange(search)
    const byId = range ? [`r."id" BETWEEN ${given(range.gte)} AND ${given(range.lte)}`] : []
    const words = `EXISTS (SELECT 1 FROM events AS e WHERE e."runId" = r."id" AND e."type" IN ('message.sent', 'model.responded') AND ${sql.like('e."data"', pattern)})`
    where.push(`(${[sql.like('r."task"', pattern), sql.like('r."agentName"', pattern), ...byId, ...chats ? [words] : []].join(' OR ')})`)
  }
  return { where: where.join(' AND '), params }
}

function parseCursor(before: string): { createdAt: number, id: string } {
  const [, at, id] = /^(\d{1,15})\.([0-9a-z]{1,20})$/.exec(before) ?? []
  if (!at || !id)
    throw new CursorError(`the page ${JSON.stringify(before)} is not one that a list has named: give back its \`older\` as it was`)
  return { createdAt: Number(at), id }
}

/** Kept by triggers, so it costs the same however many runs there are. */
export async function countRuns(db: Database, organisationId: string): Promise<RunCounts> {
  const rows = await db.read({ sql: `SELECT "status", sum("runs") AS "runs" FROM run_tallies WHERE "organisationId" = $1 GROUP BY "status"`, params: [organisationId] })
  const counts = Object.fromEntries(RUN_STATUSES.map(status => [status, 0])) as RunCounts // each status is a key
  for (const row of rows)
    counts[row.status as RunStatus] = Number(row.runs) // the column is written from that type
  return counts
}

/** The newest `n` runs of each agent, oldest first. */
export async function recentRuns(db: Database, agentIds: string[], n: number): Promise<Map<string, RunView[]>> {
  const pages = await Promise.all(agentIds.map(agentId => selectRuns(db, `WHERE r."agentId" = $1 ORDER BY r."createdAt" DESC, r."id" DESC LIMIT ${n}`, [agentId])))
  return new Map(agentIds.map((agentId, index) => [agentId, pages[index]!.reverse()]))
}
