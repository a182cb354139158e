import type { BudgetPeriod, BudgetScope } from '../domain/budget.ts'
import type { BudgetView } from '../domain/views/budget.ts'
import type { Actor } from './actor.ts'
import type { Database } from './database.ts'
import { nanosOf, periodAt, usdOf } from '../domain/budget.ts'
import { newId } from './id.ts'

export interface BudgetToSet {
  actor: Actor
  scope: BudgetScope
  /** The agent's or the person's id; empty for the others. */
  scopeId: string
  period: BudgetPeriod
  timezone: string
  limitUsd: number | null
  limitTokens: number | null
}

/**
 * One for each scope and period. Whose limits change keeps what stands against it; one whose days begin elsewhere is another one, which
 * counts them anew. Resolves to its id.
 */
export async function setBudget(db: Database, { actor, scope, scopeId, period, timezone, limitUsd, limitTokens }: BudgetToSet): Promise<string> {
  const { now } = db.sql
  const own = [actor.organisationId, scope, scopeId, period]
  const [, , rows] = await db.batch([
    {
      sql: `DELETE FROM budget_spends WHERE "budgetId" IN (SELECT "id" FROM budgets WHERE "organisationId" = $1 AND "scope" = $2 AND "scopeId" = $3 AND "period" = $4 AND "timezone" <> $5)`,
      params: [...own, timezone],
    },
    { sql: `DELETE FROM budgets WHERE "organisationId" = $1 AND "scope" = $2 AND "scopeId" = $3 AND "period" = $4 AND "timezone" <> $5`, params: [...own, timezone] },
    {
      sql: `INSERT INTO budgets ("id", "organisationId", "scope", "scopeId", "period", "timezone", "limitNanos", "limitTokens", "createdById", "createdAt", "updatedById", "updatedAt")
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, ${now}, $9, ${now})
        ON CONFLICT ("organisationId", "scope", "scopeId", "period") DO UPDATE SET "limitNanos" = excluded."limitNanos", "limitTokens" = excluded."limitTokens", "updatedById" = excluded."updatedById", "updatedAt" = excluded."updatedAt"
        RETURNING "id"`,
      params: [newId(), ...own, timezone, limitUsd === null ? null : nanosOf(limitUsd), limitTokens, actor.userId],
    },
  ])
  return String(rows![0]!.id)
}

/** Resolves to whether there was one. */
export async function removeBudget(db: Database, organisationId: string, id: string): Promise<boolean> {
  const [gone] = await db.batch([
    { sql: `DELETE FROM budgets WHERE "organisationId" = $1 AND "id" = $2 RETURNING "id"`, params: [organisationId, id] },
    { sql: `DELETE FROM budget_spends WHERE "budgetId" = $1 AND NOT EXISTS (SELECT 1 FROM budgets WHERE "id" = $1)`, params: [id] },
  ])
  return gone!.length > 0
}

/** Each with what stands against it in the period that is now. */
export async function listBudgets(db: Database, organisationId: string): Promise<BudgetView[]> {
  const { now, epochMs } = db.sql
  const rows = await db.read({
    sql: `SELECT b."id", b."scope", b."scopeId", b."period", b."timezone", b."limitNanos", b."limitTokens", coalesce(a."name", u."name") AS "name", ${epochMs(now)} AS "now"
      FROM budgets AS b LEFT JOIN agents AS a ON b."scope" = 'agent' AND a."id" = b."scopeId" LEFT JOIN users AS u ON b."scope" = 'user' AND u."id" = b."scopeId"
      WHERE b."organisationId" = $1 ORDER BY b."scope", b."scopeId", b."period"`,
    params: [organisationId],
  })
  return Promise.all(rows.map(async ({ id, scope, scopeId, period, timezone, limitNanos, limitTokens, name, now }): Promise<BudgetView> => {
    const about = { id: String(id), scope: scope as BudgetScope, period: period as BudgetPeriod, timezone: String(timezone) } // written above
    const spent = about.scope === 'run' ? null : await spentOf(db, { ...about, organisationId, scopeId: String(scopeId), atMs: Number(now) })
    return {
      ...about,
      of: name === null ? null : { id: String(scopeId), name: String(name) },
      limitUsd: limitNanos === null ? null : usdOf(Number(limitNanos)),
      limitTokens: limitTokens === null ? null : Number(limitTokens),
      spent,
    }
  }))
}

interface Asked { id: string, scope: BudgetScope, scopeId: string, period: BudgetPeriod, timezone: string, organisationId: string, atMs: number }

/** As a call would find it: from its row or, before the first call of a period, from what was used in its hours. */
async function spentOf(db: Database, { id, scope, scopeId, period, timezone, organisationId, atMs }: Asked): Promise<BudgetView['spent']> {
  const { key, fromHour } = periodAt(period, timezone, atMs)
  const [row] = await db.read({ sql: `SELECT "spentNanos", "spentTokens", "heldNanos", "heldTokens" FROM budget_spends WHERE "budgetId" = $1 AND "period" = $2`, params: [id, key] })
  const [used] = row
    ? [row]
    : await db.read({
        sql: `SELECT coalesce(sum("nanos"), 0) AS "spentNanos", coalesce(sum("inputTokens" + "outputTokens"), 0) AS "spentTokens", 0 AS "heldNanos", 0 AS "heldTokens" FROM usage_hours
          WHERE "organisationId" = $1 AND "hour" >= $2 AND "agentId" = coalesce($3, "agentId") AND "userId" = coalesce($4, "userId")`,
        params: [organisationId, fromHour, scope === 'agent' ? scopeId : null, scope === 'user' ? scopeId : null],
      })
  const of = (name: string): number => Number(used![name])
  return { periodKey: key, usd: usdOf(of('spentNanos')), tokens: of('spentTokens'), heldUsd: usdOf(of('heldNanos')), heldTokens: of('heldTokens') }
}
