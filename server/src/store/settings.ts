import type { Database } from './database.ts'

/** What all who share the database have agreed on: `value`, when nobody has said anything yet, else what the first one said. */
export async function agreeOn(db: Database, name: string, value: string): Promise<string> {
  await db.batch([{ sql: 'INSERT INTO settings ("name", "value") VALUES ($1, $2) ON CONFLICT ("name") DO NOTHING', params: [name, value] }])
  const [row] = await db.read({ sql: 'SELECT "value" FROM settings WHERE "name" = $1', params: [name] })
  return row ? String(row.value) : value
}
