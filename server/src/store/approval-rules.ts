import type { ApprovalRuleView } from '../domain/views/approval.ts'
import type { Database } from './database.ts'
import type { Statement } from './driver.ts'
import type { Sql } from './sql.ts'
import { newId } from './id.ts'

/** What is listed of them, newest first; more than anybody looks through. */
const MOST_RULES = 1_000

/** "Always", said of an approval: in the transaction that has moved its run under this mark. */
export function insertRule({ now }: Sql, mark: string, { approval, byId }: { approval: string, byId: string }): Statement {
  return {
    sql: `INSERT INTO approval_rules ("id", "organisationId", "agentId", "digest", "tool", "title", "action", "note", "createdById", "createdAt")
      SELECT $1, a."organisationId", a."agentId", a."digest", a."tool", a."title", a."action", a."note", $3, ${now}
      FROM approvals AS a JOIN runs AS r ON r."id" = a."runId" WHERE a."id" = $2 AND a."decision" = 'always' AND r."mark" = $4
      ON CONFLICT ("agentId", "digest") DO NOTHING`,
    params: [newId(), approval, byId, mark],
  }
}

export async function hasRule(db: Database, agentId: string, digest: string): Promise<boolean> {
  const rows = await db.read({ sql: `SELECT 1 AS "is" FROM approval_rules WHERE "agentId" = $1 AND "digest" = $2`, params: [agentId, digest] })
  return rows.length > 0
}

export async function listRules(db: Database, organisationId: string): Promise<ApprovalRuleView[]> {
  const rows = await db.read({
    sql: `SELECT x."id", x."agentId", g."name" AS "agentName", x."tool", x."title", x."action", x."digest", x."note", ${db.sql.epochMs('x."createdAt"')} AS "createdAt", u."name" AS "createdBy"
      FROM approval_rules AS x JOIN agents AS g ON g."id" = x."agentId" JOIN users AS u ON u."id" = x."createdById"
      WHERE x."organisationId" = $1 ORDER BY x."createdAt" DESC, x."id" DESC LIMIT ${MOST_RULES}`,
    params: [organisationId],
  })
  return rows.map(row => ({ ...row, createdAt: new Date(Number(row.createdAt)).toISOString() }) as unknown as ApprovalRuleView) // the columns named here
}

/** From now on it is asked for again. False when there was none. */
export async function removeRule(db: Database, organisationId: string, id: string): Promise<boolean> {
  const [rows] = await db.batch([{ sql: 'DELETE FROM approval_rules WHERE "id" = $1 AND "organisationId" = $2 RETURNING "id"', params: [id, organisationId] }])
  return rows!.length > 0
}
