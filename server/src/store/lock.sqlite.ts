import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import BetterSqlite3 from 'better-sqlite3'
import { DatabaseError } from './errors.ts'

export interface FileLock { release: () => void }

/**
 * One process writes a database file. The lock is an exclusive transaction on `lock.db` beside it: the operating system holds it, and
 * lets go of it when the process dies, however it dies. Waits a moment for a process that is just going.
 */
export async function lockDatabase(path: string, dataDir: string): Promise<FileLock> {
  const folder = dirname(path)
  const lockPath = folder === dataDir ? join(folder, 'lock.db') : `${path}.lock.db`
  const holderPath = `${lockPath}.holder`
  const connection = new BetterSqlite3(lockPath, { timeout: 0 })
  chmodSync(lockPath, 0o600) // whoever can read it could hold it
  for (let triesLeft = 10; ; triesLeft--) {
    try {
      connection.exec('BEGIN EXCLUSIVE')
      break
    }
    catch (error) {
      if (triesLeft === 0 || (error as { code?: string }).code !== 'SQLITE_BUSY') {
        connection.close()
        throw new DatabaseError('held', `${basename(path)} is in use by ${describeHolder(holderPath, folder)}. One process at a time writes an SQLite database: use that one, stop it, or set AGENTOS_DATA_DIR`, { cause: error })
      }
    }
    await sleep(50)
  }
  writeFileSync(holderPath, JSON.stringify({ pid: process.pid, since: new Date().toISOString() }), { mode: 0o600 })
  return {
    release() {
      if (!connection.open)
        return
      rmSync(holderPath, { force: true })
      connection.close()
    },
  }
}

function describeHolder(holderPath: string, folder: string): string {
  const holder = readJson(holderPath)
  const server = readJson(join(folder, 'server.json'))
  const at = typeof server?.url === 'string' && server.pid === holder?.pid ? ` at ${server.url}` : ''
  return holder ? `another AgentOS${at} (process ${String(holder.pid)}, since ${String(holder.since)})` : 'another AgentOS'
}

function readJson(path: string): Record<string, unknown> | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown> // ours, and only shown
  }
  catch {
    return null
  }
}
