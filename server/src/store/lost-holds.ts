import type { Database } from './database.ts'
import type { Row } from './driver.ts'
import type { AnsweredCall } from './run-append.ts'
import { isFinal, RUN_STATUSES } from '../domain/run.ts'
import { countUsage, heldColumns, moveHeld, NOTHING } from './settle-calls.ts'

/** A call of an earlier attempt whose outcome nobody will hear of. */
export interface LostCall { call: string, step: number, model: string, inputTokens: number, outputTokens: number, nanos: number }

/** What is still held for a run under fences older than `fence`. */
export async function lostCalls(db: Database, runId: string, fence: number): Promise<LostCall[]> {
  const rows = await db.read({
    sql: `SELECT DISTINCT "call", "step", "model", "inputTokens", "outputTokens", "nanos" FROM model_holds WHERE "runId" = $1 AND "fence" < $2 ORDER BY "step", "call"`,
    params: [runId, fence],
  })
  return rows.map(row => ({ ...row, nanos: Number(row.nanos) }) as LostCall) // the columns named here
}

/** A call that was held and never made. */
export async function releaseHold(db: Database, call: string): Promise<void> {
  await db.batch([
    { sql: `DELETE FROM model_holds WHERE "call" = $1 RETURNING ${heldColumns(db)}`, params: [call] },
    moveHeld(db, ([holds]) => holds!, () => NOTHING),
  ])
}

/** In one transaction. */
const PAGE = 200
const OVER = JSON.stringify(RUN_STATUSES.filter(isFinal))

/**
 * What is held for runs that are over, which no other attempt will settle: nobody knows what it came to, so it counts as spent to the full.
 * Resolves to how many calls there were.
 */
export async function settleLostHolds(db: Database): Promise<number> {
  const { texts } = db.sql
  const rows = await db.read({
    sql: `SELECT DISTINCT h."call", r."organisationId", r."agentId", r."createdById" FROM model_holds AS h LEFT JOIN runs AS r ON r."id" = h."runId"
      WHERE r."id" IS NULL OR r."status" IN ${texts('$1')} LIMIT ${PAGE}`,
    params: [OVER],
  })
  if (rows.length === 0)
    return 0
  const owners = new Map(rows.map(row => [String(row.call), row]))
  await db.batch([
    { sql: `DELETE FROM model_holds WHERE "call" IN ${texts('$1')} RETURNING ${heldColumns(db)}`, params: [JSON.stringify([...owners.keys()])] },
    moveHeld(db, ([holds]) => holds!, wholeOf),
    countUsage(db, ([holds]) => byCall(holds!).flatMap((hold) => {
      const owner = owners.get(String(hold.call))
      if (!owner?.organisationId)
        return []
      return [{
        ...wholeOf(hold),
        organisationId: String(owner.organisationId),
        agentId: String(owner.agentId),
        userId: String(owner.createdById),
        atMs: Number(hold.createdAt),
      }]
    })),
  ])
  return rows.length + (rows.length === PAGE ? await settleLostHolds(db) : 0)
}

function byCall(holds: Row[]): Row[] {
  return [...new Map(holds.map(hold => [hold.call, hold])).values()]
}

function wholeOf(hold: Row): Omit<AnsweredCall, 'call'> {
  return {
    model: String(hold.model),
    inputTokens: Number(hold.inputTokens),
    outputTokens: Number(hold.outputTokens),
    cachedTokens: 0,
    nanos: Number(hold.nanos),
    isUnknown: true,
  }
}
