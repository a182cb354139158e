import type { Database } from './database.ts'

/** What is waiting, by the database's clock. */
export interface WaitingFigures {
  /** Queued runs that may be claimed now, and those whose time has not come. */
  due: number
  delayed: number
  oldestDueMs: number
  openApprovals: number
  oldestApprovalMs: number
}

/** Of all organisations. Each is answered by an index: what is waiting counts, not what is stored. */
export async function waitingFigures(db: Database): Promise<WaitingFigures> {
  const { now, epochMs } = db.sql
  const queued = `FROM runs WHERE "status" = 'queued' AND "availableAt"`
  const open = `FROM approvals AS a JOIN runs AS r ON r."id" = a."runId" WHERE a."decision" IS NULL AND r."endedAt" IS NULL`
  const [row] = await db.read({
    sql: `SELECT (SELECT count(*) ${queued} <= ${now}) AS "due", (SELECT count(*) ${queued} > ${now}) AS "delayed",
      ${epochMs(now)} - (SELECT min(${epochMs('"availableAt"')}) ${queued} <= ${now}) AS "dueMs",
      (SELECT count(*) ${open}) AS "open", ${epochMs(now)} - (SELECT min(${epochMs('a."createdAt"')}) ${open}) AS "openMs"`,
    params: [],
  })
  const { due, delayed, dueMs, open: openApprovals, openMs } = row! // one row, always
  return {
    due: Number(due),
    delayed: Number(delayed),
    oldestDueMs: Math.max(0, Number(dueMs)),
    openApprovals: Number(openApprovals),
    oldestApprovalMs: Math.max(0, Number(openMs)),
  }
}
