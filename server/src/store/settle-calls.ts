import type { Database } from './database.ts'
import type { EachStatement, Param, Row, Statement } from './driver.ts'
import type { AnsweredCall, RunAppend } from './run-append.ts'
import { forEach } from './each.ts'

type Db = Pick<Database, 'dialect' | 'sql'>

/**
 * After an append, in its transaction, for the answers in it: what was held for them is given back, what they came to is spent. Of a run
 * whose fence is lost nothing happens, as nothing of it was appended. `token` is the append's; its first result says whose runs they are.
 * `at`: the place of these statements in the transaction.
 */
export function settleCalls(db: Db, token: string, runs: RunAppend[], at: number): (Statement | EachStatement)[] {
  const answers = runs.flatMap(({ progress }) => progress.answers)
  if (answers.length === 0)
    return []
  const { texts } = db.sql
  const byCall = new Map(answers.map(answer => [answer.call, answer]))
  return [
    {
      sql: `DELETE FROM model_holds WHERE "call" IN ${texts('$1')} AND "runId" IN (SELECT "id" FROM runs WHERE "id" IN ${texts('$2')} AND "lastAppend" = $3) RETURNING ${heldColumns(db)}`,
      params: [JSON.stringify(answers.flatMap(({ call }) => call ?? [])), JSON.stringify(runs.map(({ ref }) => ref.runId)), token],
    },
    moveHeld(db, before => before[at]!, hold => byCall.get(hold.call as string) ?? NOTHING),
    countUsage(db, before => usageOf(before[0]!, before[at]!, runs)),
  ]
}

/** What `moveHeld` and `countUsage` have to know of a hold that is deleted. */
export function heldColumns({ sql }: Db): string {
  return `"call", "budgetId", "period", "runId", "model", "inputTokens", "outputTokens", "nanos", ${sql.epochMs('"createdAt"')} AS "createdAt"`
}

type Spent = Pick<AnsweredCall, 'inputTokens' | 'outputTokens' | 'nanos'>

export const NOTHING: Spent = { inputTokens: 0, outputTokens: 0, nanos: 0 }

/** From held to spent, by what each came to. Everybody takes the rows in one order. */
export function moveHeld(db: Db, holds: (before: Row[][]) => Row[], spent: (hold: Row) => Spent): EachStatement {
  const sql = `UPDATE budget_spends SET "heldNanos" = "heldNanos" - $1, "heldTokens" = "heldTokens" - $2, "spentNanos" = "spentNanos" + $3, "spentTokens" = "spentTokens" + $4
    WHERE "budgetId" = $5 AND "period" = $6`
  return forEach(db, sql, before => holds(before).toSorted(byBudget).map((hold): Param[] => {
    const came = spent(hold)
    const heldTokens = Number(hold.inputTokens) + Number(hold.outputTokens)
    return [Number(hold.nanos), heldTokens, came.nanos, came.inputTokens + came.outputTokens, hold.budgetId!, hold.period!]
  }))
}

function byBudget(a: Row, b: Row): number {
  return compare(String(a.budgetId), String(b.budgetId)) || compare(String(a.period), String(b.period))
}

/** As the database's index has them, and the same everywhere. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export interface Usage extends Omit<AnsweredCall, 'call'> { organisationId: string, agentId: string, userId: string, atMs: number }

const HOUR_MS = 3_600_000

export function countUsage(db: Db, usages: (before: Row[][]) => Usage[]): EachStatement {
  const sql = `INSERT INTO usage_hours ("organisationId", "hour", "agentId", "userId", "model", "calls", "unknownCalls", "inputTokens", "outputTokens", "cachedTokens", "nanos")
    VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, $9, $10)
    ON CONFLICT ("organisationId", "hour", "agentId", "userId", "model") DO UPDATE SET "calls" = usage_hours."calls" + 1, "unknownCalls" = usage_hours."unknownCalls" + excluded."unknownCalls",
      "inputTokens" = usage_hours."inputTokens" + excluded."inputTokens", "outputTokens" = usage_hours."outputTokens" + excluded."outputTokens",
      "cachedTokens" = usage_hours."cachedTokens" + excluded."cachedTokens", "nanos" = usage_hours."nanos" + excluded."nanos"`
  return forEach(db, sql, before => usages(before)
    .map((u): Param[] => [
      u.organisationId, Math.floor(u.atMs / HOUR_MS), u.agentId, u.userId, u.model,
      u.isUnknown ? 1 : 0, u.inputTokens, u.outputTokens, u.cachedTokens, u.nanos,
    ])
    .sort((a, b) => compare(JSON.stringify(a.slice(0, 5)), JSON.stringify(b.slice(0, 5)))))
}

/** Of the runs that were appended to. A call counts in the hour in which it was held, as it does in its budgets. */
function usageOf(taken: Row[], holds: Row[], runs: RunAppend[]): Usage[] {
  const heldAt = new Map(holds.map(hold => [hold.call, Number(hold.createdAt)]))
  const byId = new Map(runs.map(({ ref, progress }) => [ref.runId, progress.answers]))
  return taken.flatMap(({ id, organisationId, agentId, createdById, nowMs }) => (byId.get(id as string) ?? []).map(({ call, ...answer }) => ({
    ...answer,
    organisationId: String(organisationId),
    agentId: String(agentId),
    userId: String(createdById),
    atMs: heldAt.get(call) ?? Number(nowMs),
  })))
}
