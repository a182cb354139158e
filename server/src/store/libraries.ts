import BetterSqlite3 from 'better-sqlite3'

/**
 * Loads what a database needs: the one library that is not JavaScript, and the clients that are generated. Resolves to SQLite's
 * version; rejects with what is missing.
 */
export async function loadLibraries(): Promise<string> {
  const memory = new BetterSqlite3(':memory:')
  const version = String(memory.prepare('SELECT sqlite_version()').pluck().get())
  memory.close()
  await Promise.all([import('./generated/sqlite/client.ts'), import('./generated/postgresql/client.ts')])
  return version
}
