import type { Ground } from './ground.ts'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'

/** A server that does not answer for so long stands still. */
const STALL_MS = 1_000

/** Asks a server whether it lives, again and again, and notes how long it took at most. */
export interface Stalls {
  /** Ends the watching; what this process itself stood still is no fault of the server's. */
  judge: (ground: Ground, when: string) => void
}

export function watchStalls(url: string): Stalls {
  const own = monitorEventLoopDelay({ resolution: 10 })
  own.enable()
  let longestMs = 0
  let isOver = false
  const ask = async (): Promise<void> => {
    while (!isOver) {
      const askedAt = performance.now()
      await fetch(`${url}/live`, { signal: AbortSignal.timeout(30_000) }).then(response => response.text(), () => {})
      longestMs = Math.max(longestMs, performance.now() - askedAt)
      await pause(50)
    }
  }
  void ask()
  return {
    judge(ground, when) {
      isOver = true
      own.disable()
      const ownMs = own.max / 1e6
      ground.note(`the longest wait for an answer ${when}: ${longestMs.toFixed(0)} ms (${ownMs.toFixed(0)} ms of it at most this suite's own)`)
      ground.must(longestMs - ownMs < STALL_MS, `it did not answer for ${longestMs.toFixed(0)} ms ${when}`)
    },
  }
}
