import type pg from 'pg'
import type { AppliedMigration } from './migrate.ts'

/** None where AgentOS has not been yet. */
export async function readApplied(client: pg.Client): Promise<AppliedMigration[]> {
  const { rows: tables } = await client.query(`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS "exists"`) as { rows: { exists: boolean }[] }
  if (!tables[0]?.exists)
    return []
  const { rows } = await client.query(`SELECT migration_name AS "name", finished_at IS NOT NULL AS "finished" FROM _prisma_migrations WHERE rolled_back_at IS NULL`) as { rows: AppliedMigration[] }
  return rows
}
