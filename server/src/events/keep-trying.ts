import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseError } from '../store/errors.ts'

/** A database that is being restarted is back by then. */
const LIMIT_MS = 30_000

/** Again and again while the database is away. `act` must be one that may be done twice. */
export async function keepTrying<T>(act: () => Promise<T>, isStopped: () => boolean): Promise<T> {
  const giveUpAt = performance.now() + LIMIT_MS
  for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
    try {
      return await act()
    }
    catch (error) {
      if (!isPassing(error) || isStopped() || performance.now() > giveUpAt)
        throw error
    }
    await sleep(pauseMs)
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === 'unreachable' || error.code === 'busy')
}
