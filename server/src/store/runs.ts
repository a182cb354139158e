import type { RunStatus } from '../domain/run.ts'
import type { RunCounts, RunPage, RunView } from '../domain/views.ts'
import type { Database } from './database.ts'
import { RUN_STATUSES } from '../domain/run.ts'
import { CursorError } from './errors.ts'
import { idRange } from './id.ts'
import { RUN_PARTS, toRunViews } from './run-view.ts'

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
  const where = { id: { in: ids }, ...organisationId !== undefined && { organisationId } }
  return toRunViews(db, await db.ask(prisma => prisma.run.findMany({ where, orderBy: [{ priority: 'desc' }, { availableAt: 'asc' }, { id: 'asc' }], include: RUN_PARTS })))
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
}

/** Newest first. Each page costs the same however many runs there are. Rejects with CursorError. */
export async function listRuns(db: Database, organisationId: string, filter: RunFilter): Promise<RunPage> {
  const limit = filter.limit ?? 50
  const before = filter.before === undefined ? null : parseCursor(filter.before)
  const rows = await db.ask(prisma => prisma.run.findMany({
    where: {
      organisationId,
      ...filter.statuses && { status: { in: filter.statuses } },
      ...filter.agentId !== undefined && { agentId: filter.agentId },
      AND: [
        ...filter.since === undefined ? [] : [{ createdAt: { gte: new Date(filter.since) } }],
        // The first condition is what the index answers, the second sorts out those of the same millisecond.
        ...before ? [{ createdAt: { lte: before.createdAt } }, { OR: [{ createdAt: { lt: before.createdAt } }, { id: { lt: before.id } }] }] : [],
        ...filter.search ? [{ OR: searchFor(db, filter.search) }] : [],
      ],
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit + 1,
    include: RUN_PARTS,
  }))
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return { runs: await toRunViews(db, page), older: rows.length > limit && last ? `${last.createdAt.getTime()}.${last.id}` : null }
}

function parseCursor(before: string): { createdAt: Date, id: string } {
  const [, at, id] = /^(\d{1,15})\.([0-9a-z]{1,20})$/.exec(before) ?? []
  if (!at || !id)
    throw new CursorError(`the page ${JSON.stringify(before)} is not one that a list has named: give back its \`older\` as it was`)
  return { createdAt: new Date(Number(at)), id }
}

function searchFor(db: Database, search: string) {
  // SQLite's LIKE looks at no case by itself, and to it an underscore stays any character.
  const part = db.dialect === 'sqlite' ? { contains: search } : { contains: search.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' }
  const range = idRange(search)
  return [{ task: part }, { agentName: part }, ...range ? [{ id: range }] : []]
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
  const pages = await Promise.all(agentIds.map(agentId =>
    db.ask(prisma => prisma.run.findMany({ where: { agentId }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], take: n, include: RUN_PARTS }))))
  const views = await toRunViews(db, pages.flat())
  return new Map(agentIds.map(agentId => [agentId, views.filter(view => view.agentId === agentId).reverse()]))
}
