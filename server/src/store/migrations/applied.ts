import type { Database } from '../database.ts'

/** What this database has, by name, the oldest first. */
export async function listApplied(db: Database): Promise<string[]> {
  const rows = await db.read({ sql: 'SELECT migration_name AS "name" FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY migration_name', params: [] })
  return rows.map(({ name }) => String(name))
}
