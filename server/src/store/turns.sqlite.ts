import { setTimeout as sleep } from 'node:timers/promises'

/** How long a statement waits for another process's lock before it gives up, without blocking the loop. */
const BUSY_LIMIT_MS = 10_000

/** One after another on one connection. Resolves to what gives the turn back. */
export type Turns = () => Promise<() => void>

export function createTurns(): Turns {
  let last: Promise<void> = Promise.resolve()
  return () => {
    const before = last
    let release = (): void => {}
    last = new Promise(resolve => release = resolve)
    return before.then(() => release)
  }
}

/**
 * Does `act` in its turn; when another process holds the file's lock, again after a pause in which others have theirs. `act` keeps
 * the turn if it says so by `keep`, and gives it back itself.
 */
export async function inTurn<T>(turns: Turns, act: (keep: () => () => void) => T | Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + BUSY_LIMIT_MS
  for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 2, 200)) {
    const release = await turns()
    let kept = false
    const keep = (): (() => void) => {
      kept = true
      return release
    }
    try {
      return await act(keep)
    }
    catch (error) {
      if (!isBusy(error) || performance.now() > giveUpAt)
        throw error
    }
    finally {
      if (!kept)
        release()
    }
    await sleep(pauseMs)
  }
}

/** The driver says it by its code, Prisma's adapter by its kind. */
function isBusy(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown, cause?: { originalCode?: unknown } } // whatever was thrown: both are looked at before use
  return [code, cause?.originalCode].some(value => typeof value === 'string' && value.startsWith('SQLITE_BUSY'))
}
