import type { BudgetPeriod, BudgetScope, Fit, Standing, Wish } from '../domain/budget.ts'
import type { Database } from './database.ts'
import type { EachStatement, Param, Row, Statement } from './driver.ts'
import type { RunRef } from './run-append.ts'
import { fit, periodAt } from '../domain/budget.ts'
import { forEach } from './each.ts'

/** Whose money and tokens a call takes. */
export interface Spender {
  ref: RunRef
  organisationId: string
  agentId: string
  /** Of the run's own manifest. */
  limits: { nanos: number | null, tokens: number | null }
}

export interface CallToHold { call: string, step: number, model: string, wish: Wish }

/** What a call is held against, as it stood when the call was about to be held. */
export interface CallBudget extends Standing {
  /** null: the manifest's own limits of the run. */
  budgetId: string | null
  scope: BudgetScope
  scopeId: string
  period: BudgetPeriod
  timezone: string
  key: string
  fromHour: number
}

export type Held = Fit<CallBudget> & { budgets: CallBudget[] }

type Found = Omit<CallBudget, keyof Standing>

/** In the place of a budget's id. */
export const OF_THE_RUN = 'run'

/**
 * Holds what a call may cost at worst against every budget that it falls under: against all of them or, when one has no room, against
 * none, in one transaction. Whoever comes at the same time waits for the rows of its budgets, which all take in one order, so that spent
 * and held together are never over a limit. null: nothing limits this call. The same call is held once, however often it is asked for.
 */
export async function reserve(db: Database, spender: Spender, asked: CallToHold): Promise<Held | null> {
  const found = await findBudgets(db, spender)
  if (found.length === 0)
    return null
  let held: Held | undefined
  const decide = (before: Row[][]): Held => held ??= judge(found, before, spender, asked)
  await db.batch([
    standing(db, found, ''),
    openPeriods(db, spender, found),
    standing(db, found, db.dialect === 'postgresql' ? 'FOR UPDATE OF s' : ''),
    { sql: `SELECT "outputTokens" FROM model_holds WHERE "call" = $1`, params: [asked.call] },
    addHeld(db, before => before[HELD_BEFORE]!.length > 0 ? null : decide(before)),
    writeHolds(db, spender, asked, before => before[HELD_BEFORE]!.length > 0 ? null : decide(before)),
  ])
  return held ?? await heldBefore(db, found, spender, asked)
}

/** Places in the transaction above. */
const LOCKED = 2
const HELD_BEFORE = 3

/** The first try's answer was lost, and it had been stored. */
async function heldBefore(db: Database, found: Found[], spender: Spender, { call, wish }: CallToHold): Promise<Held> {
  const [row] = await db.read({ sql: `SELECT "outputTokens", "inputTokens", "nanos" FROM model_holds WHERE "call" = $1`, params: [call] })
  const rows = await db.read(standing(db, found, ''))
  const outputTokens = Number(row?.outputTokens ?? 0)
  return { ok: true, outputTokens, tokens: wish.inputTokens + outputTokens, nanos: Number(row?.nanos ?? 0), budgets: budgetsOf(found, rows, spender) }
}

interface BudgetRow { id: string, scope: BudgetScope, scopeId: string, period: BudgetPeriod, timezone: string, now: number }

async function findBudgets(db: Database, { organisationId, agentId, ref, limits }: Spender): Promise<Found[]> {
  const { now, epochMs } = db.sql
  const rows = await db.read({
    sql: `SELECT "id", "scope", "scopeId", "period", "timezone", ${epochMs(now)} AS "now" FROM budgets
      WHERE "organisationId" = $1 AND ("scope" IN ('organisation', 'run') OR ("scope" = 'agent' AND "scopeId" = $2) OR ("scope" = 'user' AND "scopeId" = (SELECT "createdById" FROM runs WHERE "id" = $3)))`,
    params: [organisationId, agentId, ref.runId],
  })
  const found = rows.map((row): Found => {
    const { id, scope, scopeId, period, timezone, now } = row as unknown as BudgetRow // written by store/ alone
    const { key, fromHour } = periodAt(period, timezone, now)
    return { budgetId: id, scope, scopeId, period, timezone, key: scope === 'run' ? ref.runId : key, fromHour }
  })
  const hasOwn = limits.nanos !== null || limits.tokens !== null
  return hasOwn ? [...found, { budgetId: null, scope: 'run', scopeId: '', period: 'total', timezone: 'UTC', key: ref.runId, fromHour: 0 }] : found
}

function idOf({ budgetId }: Found): string {
  return budgetId ?? OF_THE_RUN
}

/** The rows of all these, in the order in which everybody takes them. */
function standing({ sql }: Database, found: Found[], lock: string): Statement {
  return {
    sql: `SELECT s."budgetId", s."period", s."spentNanos", s."spentTokens", s."heldNanos", s."heldTokens", b."limitNanos", b."limitTokens"
      FROM budget_spends AS s LEFT JOIN budgets AS b ON b."id" = s."budgetId"
      WHERE s."budgetId" IN ${sql.texts('$1')} AND s."period" IN ${sql.texts('$2')} ORDER BY s."budgetId", s."period" ${lock}`,
    params: [JSON.stringify(found.map(idOf)), JSON.stringify(found.map(({ key }) => key))],
  }
}

/** A period begins with what has been spent in it before anybody held something against it: a budget set at noon counts the morning. */
function openPeriods(db: Database, spender: Spender, found: Found[]): EachStatement {
  const sql = `INSERT INTO budget_spends ("budgetId", "period", "spentNanos", "spentTokens", "heldNanos", "heldTokens")
    SELECT $1, $2, coalesce(sum(x."nanos"), 0), coalesce(sum(x."tokens"), 0), 0, 0 FROM (
      SELECT "nanos", "inputTokens" + "outputTokens" AS "tokens" FROM usage_hours
        WHERE "organisationId" = $3 AND "hour" >= $4 AND "agentId" = coalesce($5, "agentId") AND "userId" = coalesce($6, "userId")
      UNION ALL
      SELECT ${roundedNanos(db)}, "tokens" FROM runs WHERE "id" = $7
    ) AS x WHERE true ON CONFLICT ("budgetId", "period") DO NOTHING`
  return forEach(db, sql, ([known]) => found
    .filter(one => !known!.some(row => row.budgetId === idOf(one) && row.period === one.key))
    .sort((a, b) => idOf(a) < idOf(b) ? -1 : 1)
    .map((one): Param[] => {
      const ofRun = one.scope === 'run'
      return [idOf(one), one.key, ofRun ? '' : spender.organisationId, one.fromHour, one.scope === 'agent' ? one.scopeId : null, one.scope === 'user' ? one.scopeId : null, ofRun ? spender.ref.runId : '']
    }))
}

function roundedNanos({ dialect }: Database): string {
  const nanos = `round(coalesce("costUsd", 0) * 1e9)`
  return dialect === 'sqlite' ? `CAST(${nanos} AS INTEGER)` : `${nanos}::bigint`
}

function judge(found: Found[], before: Row[][], spender: Spender, { wish }: CallToHold): Held {
  const budgets = budgetsOf(found, before[LOCKED]!, spender)
  return { ...fit(budgets, wish), budgets }
}

/** One that was removed meanwhile limits nothing any more. */
function budgetsOf(found: Found[], rows: Row[], { limits }: Spender): CallBudget[] {
  return found.flatMap((one) => {
    const row = rows.find(row => row.budgetId === idOf(one) && row.period === one.key)
    if (!row)
      return []
    const own = one.budgetId === null
    return [{
      ...one,
      limitNanos: own ? limits.nanos : numberOrNull(row.limitNanos),
      limitTokens: own ? limits.tokens : numberOrNull(row.limitTokens),
      spentNanos: Number(row.spentNanos),
      spentTokens: Number(row.spentTokens),
      heldNanos: Number(row.heldNanos),
      heldTokens: Number(row.heldTokens),
    }]
  })
}

function numberOrNull(value: string | number | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value)
}

type Decide = (before: Row[][]) => Held | null

function addHeld(db: Database, decide: Decide): EachStatement {
  const sql = `UPDATE budget_spends SET "heldNanos" = "heldNanos" + $1, "heldTokens" = "heldTokens" + $2 WHERE "budgetId" = $3 AND "period" = $4`
  return forEach(db, sql, (before) => {
    const held = decide(before)
    return held?.ok ? held.budgets.map(one => [held.nanos, held.tokens, idOf(one), one.key]) : []
  })
}

function writeHolds(db: Database, { ref }: Spender, { call, step, model, wish }: CallToHold, decide: Decide): EachStatement {
  const sql = `INSERT INTO model_holds ("call", "budgetId", "period", "runId", "fence", "step", "model", "inputTokens", "outputTokens", "nanos", "createdAt")
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, ${db.sql.now})`
  return forEach(db, sql, (before) => {
    const held = decide(before)
    if (!held?.ok)
      return []
    const { budgets, outputTokens, nanos } = held
    return budgets.map(one => [call, idOf(one), one.key, ref.runId, ref.fence, step, model, wish.inputTokens, outputTokens, nanos])
  })
}
