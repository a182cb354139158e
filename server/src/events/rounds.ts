import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'

/** A bell that wakes all who listen together, in rounds that leave the loop time for everything else. */
export interface Rounds {
  /** Everybody is woken after this: at once, or in the round after the one that is under way. */
  ring: () => void
  /** Returns what ends the listening. */
  listen: (wake: () => void) => () => void
}

/** So many are woken before the loop has a turn. */
const SLICE = 100
/** What a few readers cost; they are told of everything at once. */
const SHORT_MS = 5
const LONGEST_PAUSE_MS = 100

/**
 * After a round there is a pause as long as the round was: what happens meanwhile goes out with the next one. So many readers of
 * much output get fewer and larger batches, and cost half of the loop at most. `begin` is called before each round.
 */
export function createRounds(begin: () => void): Rounds {
  // An object for each listening, so that the same function may listen twice.
  const listeners = new Set<{ wake: () => void }>()
  let isRung = false
  let isUnderWay = false

  async function run(): Promise<void> {
    isUnderWay = true
    while (isRung) {
      isRung = false
      const startedAt = performance.now()
      begin()
      await wakeAll([...listeners])
      const tookMs = performance.now() - startedAt
      if (tookMs > SHORT_MS)
        await sleep(Math.min(tookMs, LONGEST_PAUSE_MS), undefined, { ref: false })
    }
    isUnderWay = false
  }

  return {
    ring() {
      isRung = true
      if (!isUnderWay)
        void run()
    },
    listen(wake) {
      const entry = { wake }
      listeners.add(entry)
      return () => void listeners.delete(entry)
    },
  }
}

async function wakeAll(listeners: { wake: () => void }[]): Promise<void> {
  for (let from = 0; from < listeners.length; from += SLICE) {
    for (const { wake } of listeners.slice(from, from + SLICE))
      wake()
    await turn() // what they do has been done by then
  }
}
