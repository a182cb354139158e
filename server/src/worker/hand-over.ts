import type { ExecutorHost, RunHandlers } from '../executor/host.ts'
import type { CancelRun, StartRun } from '../executor/protocol/input.ts'
import type { AttemptStop } from './attempt-stop.ts'
import type { AttemptOutcome } from './outcome.ts'
import process from 'node:process'
import { outcomeOfStop } from './outcome.ts'

export interface HandOverOptions {
  host: ExecutorHost
  start: StartRun
  handlers: RunHandlers
  stop: AttemptStop
  logger: { error: (about: object, message: string) => void }
}

/** An executor that has not ended a run so long after it was told to (and the grace) hangs. */
const HANGS_AFTER_MS = 30_000

/** Gives the run to an executor and waits for its end, whoever causes it. */
export async function handOver({ host, start, handlers, stop, logger }: HandOverOptions): Promise<AttemptOutcome> {
  let sent: CancelRun['reason'] | null = null
  let hangTimer: NodeJS.Timeout | undefined
  const tell = () => {
    sent = cancelReason(stop)
    host.cancel(start.runId, sent, outcomeOfStop(stop)?.detail ?? '')
    hangTimer = setTimeout(() => {
      const pid = host.pidFor(start.sandbox.level)
      logger.error({ runId: start.runId, executor: pid }, 'the executor did not end a run that it was told to end; it is killed')
      killExecutor(pid)
    }, start.graceMs + HANGS_AFTER_MS)
  }

  stop.signal.addEventListener('abort', tell, { once: true })
  const running = host.run(start, handlers)
  if (stop.signal.aborted)
    tell()
  const ended = await running
  stop.signal.removeEventListener('abort', tell)
  clearTimeout(hangTimer)

  const stopped = outcomeOfStop(stop)
  if ('lost' in ended)
    return stopped ?? { reason: 'interrupted', detail: sentence(ended.detail), canPass: true, survivors: 0 }
  // The loop may have come to its own end before it heard of the stop: then that was first.
  return stopped && ended.reason === sent ? { ...stopped, survivors: ended.survivors } : ended
}

function cancelReason({ first }: AttemptStop): CancelRun['reason'] {
  return first?.kind === 'end' && (first.reason === 'cancelled' || first.reason === 'timeout') ? first.reason : 'interrupted'
}

function killExecutor(pid: number | null): void {
  try {
    if (pid !== null)
      process.kill(pid, 'SIGKILL')
  }
  catch {
    // it has ended meanwhile
  }
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
