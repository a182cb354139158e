import { chmodSync, chownSync, existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import BetterSqlite3 from 'better-sqlite3'

const NAME = 'held.db'
const TRIES = 100

/**
 * From now on no file of kept bytes is removed: somebody copies them, and has to find all that the copy of the database names. The operating
 * system holds it, and lets go when the process dies. Several may hold at the same time.
 */
export async function holdBlobs(folder: string): Promise<{ release: () => void }> {
  const path = join(folder, NAME)
  const connection = new BetterSqlite3(path, { timeout: 0 })
  chmodSync(path, 0o600)
  const { uid, gid } = statSync(folder)
  if (process.getuid?.() === 0)
    chownSync(path, uid, gid) // a backup by root, of a server that is somebody else: it has to be able to look
  for (let triesLeft = TRIES; ; triesLeft--) {
    try {
      connection.exec('BEGIN')
      connection.prepare('SELECT count(*) FROM sqlite_master').get() // takes the lock that readers share
      return { release: () => void connection.close() }
    }
    catch (error) {
      // A server that is just looking has it for a moment.
      if (triesLeft === 0 || (error as { code?: string }).code !== 'SQLITE_BUSY') {
        connection.close()
        throw error
      }
    }
    await sleep(50)
  }
}

/** Whether somebody holds them. Who finds bytes unused asks after that and before they are removed: see blob-files. */
export function areBlobsHeld(folder: string): boolean {
  const path = join(folder, NAME)
  if (!existsSync(path))
    return false
  const connection = new BetterSqlite3(path, { timeout: 0 })
  try {
    connection.exec('BEGIN EXCLUSIVE')
    return false
  }
  catch (error) {
    if ((error as { code?: string }).code === 'SQLITE_BUSY')
      return true
    throw error
  }
  finally {
    connection.close()
  }
}
