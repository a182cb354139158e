import type { ApprovalDecision } from '../domain/run.ts'
import type { ApprovalPage, ApprovalView } from '../domain/views/approval.ts'
import type { Database } from './database.ts'
import type { Param, Row, Statement } from './driver.ts'
import type { Sql } from './sql.ts'
import { isFinal } from '../domain/run.ts'
import { CursorError } from './errors.ts'
import { idRange } from './id.ts'
import { storable } from './text.ts'

export interface NewApproval extends Pick<ApprovalView, 'id' | 'step' | 'call' | 'kind' | 'tool' | 'title' | 'action' | 'digest' | 'rule' | 'isHeld'> {
  runId: string
  /** By the database's clock. */
  expiresAtMs: number
}

/** In the transaction that has moved the run under this mark. */
export function insertApproval({ now, instant }: Sql, mark: string, one: NewApproval): Statement {
  return {
    sql: `INSERT INTO approvals ("id", "organisationId", "runId", "agentId", "step", "call", "kind", "tool", "title", "action", "digest", "rule", "isHeld", "mark", "createdById", "createdAt", "expiresAt", "notifyAt")
      SELECT $1, r."organisationId", r."id", r."agentId", CAST($3 AS INTEGER), $4, $5, $6, $7, $8, $9, $10, ${one.isHeld ? 'TRUE' : 'FALSE'}, $11, r."createdById", ${now}, ${instant('$12')}, ${now}
      FROM runs AS r WHERE r."id" = $2 AND r."mark" = $11`,
    params: [
      one.id, one.runId, one.step, one.call, one.kind, ...[one.tool, one.title, one.action].map(storable),
      one.digest, storable(one.rule), mark, one.expiresAtMs,
    ],
  }
}

export interface NewDecision { id: string, as: ApprovalDecision, byId: string | null, by: string, note: string | null }

/** Likewise. */
export function storeDecision({ now }: Sql, mark: string, { id, as, byId, by, note }: NewDecision): Statement {
  return {
    sql: `UPDATE approvals SET "decision" = $2, "decidedAt" = ${now}, "decidedById" = $3, "decidedBy" = $4, "note" = $5, "notifyAt" = NULL
      WHERE "id" = $1 AND "decision" IS NULL AND EXISTS (SELECT 1 FROM runs AS r WHERE r."id" = approvals."runId" AND r."mark" = $6)`,
    params: [id, as, byId, storable(by), note === null ? null : storable(note), mark],
  }
}

export interface Decision { id: string, as: ApprovalDecision, by: string, note: string | null }

/** What has been decided; null while nothing is, or where there is none. */
export async function readDecision(db: Database, id: string): Promise<Decision | null> {
  const [row] = await db.read({ sql: `SELECT "id", "decision" AS "as", "decidedBy" AS "by", "note" FROM approvals WHERE "id" = $1 AND "decision" IS NOT NULL`, params: [id] })
  return (row ?? null) as unknown as Decision | null // the columns named here
}

/**
 * A decision of this run for exactly this action that the run has not made use of yet; it has from now on, so that whoever asks next
 * gets another, or none. `isLasting`: it holds for the run, however often it is asked for.
 */
export async function takeDecision(db: Database, runId: string, digest: string, { isLasting }: { isLasting: boolean }): Promise<Decision | null> {
  const [rows] = await db.batch([{
    sql: `UPDATE approvals SET "usedAt" = ${db.sql.now} WHERE "id" = (
        SELECT "id" FROM approvals WHERE "runId" = $1 AND "digest" = $2 AND "decision" IS NOT NULL ${isLasting ? '' : 'AND "usedAt" IS NULL'} ORDER BY "decidedAt", "id" LIMIT 1
      ) ${isLasting ? '' : 'AND "usedAt" IS NULL'} RETURNING "id", "decision" AS "as", "decidedBy" AS "by", "note"`,
    params: [runId, digest],
  }])
  return (rows![0] ?? null) as unknown as Decision | null // likewise
}

/** The question that this run has asked already, and nobody has answered. */
export async function findPending(db: Database, runId: string, digest: string): Promise<ApprovalView | null> {
  const [found] = await select(db, `WHERE a."runId" = $1 AND a."digest" = $2 AND a."decision" IS NULL ORDER BY a."createdAt" LIMIT 1`, [runId, digest])
  return found ?? null
}

export async function getApproval(db: Database, id: string): Promise<ApprovalView | null> {
  const [found] = await select(db, `WHERE a."id" = $1`, [id])
  return found ?? null
}

/** By its id or the beginning of it, or by that of its run, when the run has one question open. */
export async function findApproval(db: Database, organisationId: string, word: string): Promise<ApprovalView[]> {
  const range = idRange(word)
  if (!range)
    return []
  const own = await select(db, `WHERE a."organisationId" = $1 AND a."id" BETWEEN $2 AND $3 ORDER BY a."id" LIMIT 5`, [organisationId, range.gte, range.lte])
  return own.length > 0
    ? own
    : select(db, `WHERE a."organisationId" = $1 AND a."runId" BETWEEN $2 AND $3 AND ${IS_OPEN} ORDER BY a."id" LIMIT 5`, [organisationId, range.gte, range.lte])
}

export interface ApprovalFilter { state: 'pending' | 'decided', runId?: string, before?: string, limit: number }

/** Newest first. */
export async function listApprovals(db: Database, organisationId: string, { state, runId, before, limit }: ApprovalFilter): Promise<ApprovalPage> {
  const params: Param[] = [organisationId]
  const where = [`a."organisationId" = $1`, state === 'pending' ? IS_OPEN : `NOT (${IS_OPEN})`]
  if (runId !== undefined)
    where.push(`a."runId" = $${params.push(runId)}`)
  if (before !== undefined) {
    const [atMs, id] = cursorOf(before)
    where.push(`(a."createdAt", a."id") < (${db.sql.instant(`$${params.push(atMs)}`)}, $${params.push(id)})`)
  }
  const found = await select(db, `WHERE ${where.join(' AND ')} ORDER BY a."createdAt" DESC, a."id" DESC LIMIT ${limit + 1}`, params)
  const approvals = found.slice(0, limit)
  const last = approvals.at(-1)
  return { approvals, older: found.length > limit && last ? `${Date.parse(last.requestedAt)}~${last.id}` : null }
}

export interface OverduePage { overdue: { id: string, runId: string }[], nextMs: number | null }

/** Open questions whose time is over, at most `limit`; else in how many milliseconds the next one's is. */
export async function overdueApprovals(db: Database, limit: number): Promise<OverduePage> {
  const { now, epochMs } = db.sql
  const rows = await db.read({
    sql: `SELECT a."id", a."runId", ${epochMs('a."expiresAt"')} - ${epochMs(now)} AS "leftMs" FROM approvals AS a JOIN runs AS r ON r."id" = a."runId"
      WHERE a."decision" IS NULL AND r."endedAt" IS NULL ORDER BY a."expiresAt" LIMIT ${limit}`,
    params: [],
  })
  const overdue = rows.filter(row => Number(row.leftMs) <= 0) as unknown as OverduePage['overdue'] // the columns named here
  const next = rows.find(row => Number(row.leftMs) > 0)
  return { overdue, nextMs: overdue.length === limit ? 0 : next ? Number(next.leftMs) : null }
}

const IS_OPEN = `(a."decision" IS NULL AND r."endedAt" IS NULL)`

const TIMES = ['createdAt', 'expiresAt', 'decidedAt', 'usedAt'] as const

async function select(db: Database, tail: string, params: Param[]): Promise<ApprovalView[]> {
  const times = TIMES.map(time => `${db.sql.epochMs(`a."${time}"`)} AS "${time}"`).join(', ')
  const rows = await db.read({
    sql: `SELECT a."id", a."runId", a."agentId", r."agentName", r."agentVersion", r."status", a."step", a."call", a."kind", a."tool", a."title", a."action", a."digest", a."rule",
        CASE WHEN a."isHeld" THEN 1 ELSE 0 END AS "isHeld", u."name" AS "requestedBy", a."decision", a."decidedBy", a."note", ${times}
      FROM approvals AS a JOIN runs AS r ON r."id" = a."runId" JOIN users AS u ON u."id" = a."createdById" ${tail}`,
    params,
  })
  return rows.map(toView)
}

function toView({ status, decision, isHeld, createdAt, expiresAt, decidedAt, usedAt, ...row }: Row): ApprovalView {
  const at = (ms: Row[string] | undefined) => ms === null ? null : new Date(Number(ms)).toISOString()
  const hasEnded = isFinal(status as Parameters<typeof isFinal>[0]) // written from that type
  return {
    ...row,
    isHeld: isHeld === 1,
    state: decision ?? (hasEnded ? 'withdrawn' : 'pending'),
    requestedAt: at(createdAt),
    expiresAt: at(expiresAt),
    decidedAt: at(decidedAt),
    usedAt: at(usedAt),
  } as unknown as ApprovalView // the columns of `select`
}

function cursorOf(before: string): [number, string] {
  const [, atMs, id] = /^(\d{1,16})~([0-9a-z]{20})$/.exec(before) ?? []
  if (atMs === undefined || id === undefined)
    throw new CursorError(`expected the "older" of a page before, got ${JSON.stringify(before)}`)
  return [Number(atMs), id]
}
