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

const LOOK_MS = 1_000

/** The same for a reader, who may do nothing meanwhile: for as long as it wants the answer. */
export async function untilBack<T>(act: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await act()
    }
    catch (error) {
      if (!isPassing(error) || signal.aborted)
        throw error
    }
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {}) // an abort ends it by the next try
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === 'unreachable' || error.code === 'busy')
}
