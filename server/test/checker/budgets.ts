import type { Database } from '../../src/store/database.ts'
import type { Row } from '../../src/store/driver.ts'
import type { Violation } from './rules.ts'
import { nanosOf } from '../../src/domain/budget.ts'
import { OF_THE_RUN } from '../../src/store/reserve.ts'
import { getRuns } from '../../src/store/runs.ts'

/** What is kept of budgets, held against the holds and the limits themselves. */
export async function checkBudgets(db: Database): Promise<Violation[]> {
  return [...await checkHolds(db), ...await checkOverdrafts(db)]
}

async function checkHolds(db: Database): Promise<Violation[]> {
  const spends = await db.read({ sql: 'SELECT "budgetId", "period", "heldNanos", "heldTokens" FROM budget_spends', params: [] })
  const holds = await db.read({
    sql: `SELECT "budgetId", "period", sum("nanos") AS "nanos", sum("inputTokens" + "outputTokens") AS "tokens" FROM model_holds GROUP BY 1, 2`,
    params: [],
  })
  const sums = new Map(holds.map(row => [nameOf(row), row]))
  const kept = new Set(spends.map(nameOf))
  return [
    ...spends.flatMap((row): Violation[] => {
      const sum = sums.get(nameOf(row))
      const [nanos, tokens] = [Number(sum?.nanos ?? 0), Number(sum?.tokens ?? 0)]
      const isRight = Number(row.heldNanos) === nanos && Number(row.heldTokens) === tokens
      const found = `${Number(row.heldNanos)} nanos and ${Number(row.heldTokens)} tokens are held, and its holds are ${nanos} and ${tokens}`
      return isRight ? [] : [{ rule: 'holds', where: nameOf(row), found }]
    }),
    ...holds.filter(row => !kept.has(nameOf(row))).map((row): Violation => ({ rule: 'holds', where: nameOf(row), found: 'something is held against it, and it is not there' })),
  ]
}

/** A budget that was changed, or set when runs were there already, may be over its limit by what was before. */
async function checkOverdrafts(db: Database): Promise<Violation[]> {
  const set = await db.read({
    sql: `SELECT s.*, b."limitNanos", b."limitTokens" FROM budget_spends AS s JOIN budgets AS b ON b."id" = s."budgetId"
      WHERE b."updatedAt" = b."createdAt" AND NOT EXISTS (SELECT 1 FROM runs AS r WHERE r."organisationId" = b."organisationId" AND r."createdAt" < b."createdAt")`,
    params: [],
  })
  const own = await db.read({ sql: 'SELECT * FROM budget_spends WHERE "budgetId" = $1', params: [OF_THE_RUN] })
  const limits = new Map((await getRuns(db, own.map(row => String(row.period)))).map(run => [run.id, run.limits]))
  return [
    ...set.flatMap(row => overdraft(row, numberOrNull(row.limitNanos), numberOrNull(row.limitTokens))),
    ...own.flatMap((row) => {
      const limit = limits.get(String(row.period))
      return limit ? overdraft(row, limit.costUsd === null ? null : nanosOf(limit.costUsd), limit.tokens) : []
    }),
  ]
}

function overdraft(row: Row, limitNanos: number | null, limitTokens: number | null): Violation[] {
  const nanos = Number(row.spentNanos) + Number(row.heldNanos)
  const tokens = Number(row.spentTokens) + Number(row.heldTokens)
  const isOver = (limitNanos !== null && nanos > limitNanos) || (limitTokens !== null && tokens > limitTokens)
  return isOver ? [{ rule: 'overdraft', where: nameOf(row), found: `${nanos} nanos and ${tokens} tokens are spent and held, of ${limitNanos} and ${limitTokens}` }] : []
}

function nameOf(row: Row): string {
  return `budget ${String(row.budgetId)}, ${String(row.period)}`
}

function numberOrNull(value: string | number | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value)
}
