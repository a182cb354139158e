import type { Gate } from './context.ts'

/** After so long at a stretch the loop has a turn. */
const SLICE_MS = 20

/**
 * At most `places` pieces of work at a time; the others wait in line. Work on SQLite is over before the loop can turn, so a free place
 * alone would let a flood through in one go: once a turn of the loop has lasted `SLICE_MS`, who comes waits for the next one.
 */
export function createGate(places: number): Gate {
  const line: (() => void)[] = []
  let free = places
  let sliceEndsAt: number | null = null
  let isScheduled = false

  function hasRoom(): boolean {
    if (sliceEndsAt === null) {
      sliceEndsAt = performance.now() + SLICE_MS
      schedule()
    }
    return free > 0 && performance.now() < sliceEndsAt
  }

  function schedule(): void {
    if (isScheduled)
      return
    isScheduled = true
    setImmediate(turn)
  }

  function turn(): void {
    isScheduled = false
    sliceEndsAt = null
    while (line.length > 0 && hasRoom()) {
      free--
      line.shift()!()
    }
  }

  /** A place goes to the first in line, after everything else that the loop has to do. */
  function leave(): void {
    free++
    if (line.length > 0)
      schedule()
  }

  return {
    async pass(work) {
      if (line.length === 0 && hasRoom())
        free--
      else
        await new Promise<void>(resolve => line.push(resolve))
      try {
        return await work()
      }
      finally {
        leave()
      }
    },
  }
}
