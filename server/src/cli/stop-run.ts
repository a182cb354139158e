import type { Place } from './follow-run.ts'
import type { Leave } from './leave.ts'
import process from 'node:process'
import { exitCodeOf } from './leave.ts'
import { pc } from './print/colour.ts'

/** How long the question after a first Ctrl-C stands. */
const ASK_MS = 5_000
const QUESTION = 'Stop this run? Ctrl-C again stops it; without that it goes on.'

export interface StopOptions {
  place: Place
  runId: string
  /** A person may be asked first, if one is there. */
  mayAsk: boolean
  /** What is asked. */
  question?: string
  say: (text: string) => void
}

/**
 * What becomes of a run when the command that follows it is to end. Ctrl-C on a terminal asks, the next one stops the run, and
 * one more waits for nothing. A run at a server goes on when only the reader has gone.
 */
export function createStop({ place, runId, mayAsk, question = QUESTION, say }: StopOptions) {
  const left = new AbortController()
  let askedAt = -Infinity
  let stoppedBy: Leave | null = null

  function leave(why: Leave): void {
    if (why === 'gone' && place.server.kind !== 'embedded')
      return left.abort()
    if (stoppedBy && stoppedBy !== 'gone')
      process.exit(exitCodeOf(stoppedBy))
    if (why === 'interrupt' && !stoppedBy && isToBeAsked())
      return say(pc.yellow(question))
    const isFirst = stoppedBy === null
    stoppedBy = why
    if (why !== 'gone')
      say(pc.dim('stopping …'))
    if (isFirst)
      stop()
  }

  function isToBeAsked(): boolean {
    if (!mayAsk || !process.stdin.isTTY || !process.stdout.isTTY || !process.stderr.isTTY)
      return false
    const isAsked = performance.now() - askedAt < ASK_MS
    askedAt = performance.now()
    return !isAsked
  }

  function stop(): void {
    place.server.client.runs.stop(runId).catch((error: Error) => {
      stoppedBy = null
      say(pc.red(`it could not be stopped: ${error.message}`))
    })
  }

  return {
    leave,
    /** Aborted when the run goes on without us. */
    left: left.signal,
    isInterrupted: () => stoppedBy === 'interrupt' || stoppedBy === 'terminate',
  }
}
