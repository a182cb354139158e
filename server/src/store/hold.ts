import type { Database } from './database.ts'

/** Retention and prune leave it alone from now on, or no longer. Twice is as good as once. */
export async function holdRun(db: Database, organisationId: string, runId: string, isHeld: boolean): Promise<void> {
  const held = isHeld ? `"heldAt" = ${db.sql.now} WHERE "heldAt" IS NULL` : `"heldAt" = NULL WHERE "heldAt" IS NOT NULL`
  await db.batch([{ sql: `UPDATE runs SET ${held} AND "id" = $1 AND "organisationId" = $2`, params: [runId, organisationId] }])
}
