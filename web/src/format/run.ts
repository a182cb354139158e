import type { RunStatus } from '@agentos/server/domain/run'
import type { RunView } from '@agentos/server/domain/views/run'
import { END_REASONS } from '@agentos/server/domain/run'
import { formatAgo } from './time.ts'

export const STATUS_WORDS: Record<RunStatus, string> = {
  queued: 'Queued',
  running: 'Running',
  waiting: 'Waiting',
  succeeded: 'Succeeded',
  failed: 'Failed',
  cancelled: 'Cancelled',
}

/** What a run is called: the first line of its task, or its agent's name when it has none. */
export function runTitle(run: Pick<RunView, 'task' | 'agentName'>): string {
  return run.task.trim().split('\n', 1)[0]!.trim() || run.agentName
}

/** Enough of an id to be found by, and to be told from its neighbours. */
export function shortId(id: string): string {
  return id.length > 14 ? id.slice(0, 12) : id
}

/** The machine of a worker, whose name is `<host>:<pid>:<when it started>`. */
export function hostOf(worker: string | null): string | null {
  return worker?.split(':')[0] || null
}

/** Milliseconds since the first attempt started, up to its end or now; null when it has not started. */
export function runDurationMs(run: Pick<RunView, 'startedAt' | 'endedAt'>, nowMs: number): number | null {
  if (!run.startedAt)
    return null
  return Math.max(0, (run.endedAt ? Date.parse(run.endedAt) : nowMs) - Date.parse(run.startedAt))
}

/** Why it waits in the queue: a word and the rest of the sentence. */
export function queuedWhy(run: Pick<RunView, 'queuedBecause' | 'availableAt' | 'agentName' | 'attempt' | 'host'>, nowMs: number): { word: string, rest: string } {
  switch (run.queuedBecause) {
    case 'concurrency': return { word: 'concurrency', rest: `as many of ${run.agentName} run as may` }
    case 'later': {
      if (Date.parse(run.availableAt) <= nowMs)
        return { word: 'next', rest: 'about to start' }
      return { word: 'later', rest: `${run.attempt > 0 ? 'again' : 'starts'} ${formatAgo(run.availableAt, nowMs)}` }
    }
    case 'rate': return { word: 'rate', rest: `as many of ${run.agentName} have started as may for now` }
    case 'host': return { word: 'host', rest: `its workspace is on ${run.host ?? 'another machine'}, which has no free slot` }
    case 'slots': return { word: 'slots', rest: 'no worker has a free one' }
    case null: return { word: 'next', rest: 'about to start' }
  }
}

/** The column "Now, or why it ended". `reason` is set for what did not go well and stands in red before the text. */
export function nowOrWhy(run: RunView, nowMs: number): { reason: string | null, text: string } {
  switch (run.status) {
    case 'queued': {
      const { word, rest } = queuedWhy(run, nowMs)
      return { reason: null, text: `${word}: ${rest}` }
    }
    case 'running': return { reason: null, text: run.cancelRequestedAt ? 'stopping' : run.now ?? 'starting' }
    case 'waiting': return { reason: null, text: waitingWords(run) }
    case 'succeeded': return { reason: null, text: run.detail || 'completed' }
    case 'cancelled': return { reason: null, text: run.detail || 'cancelled' }
    case 'failed': {
      const reason = run.reason ?? 'error'
      return { reason, text: run.detail || END_REASONS[reason].means }
    }
  }
}

/** Heights of bars, 0.2 to 1, on a scale that keeps a short run visible beside a long one. */
export function sparkHeights(durationsMs: (number | null)[]): number[] {
  const roots = durationsMs.map(ms => Math.sqrt(ms ?? 0))
  const most = Math.max(...roots, 0)
  return roots.map(root => most > 0 ? 0.2 + 0.8 * root / most : 0.4)
}

function waitingWords({ waitingFor, detail }: RunView): string {
  switch (waitingFor?.kind) {
    case 'approval': return `asks: ${waitingFor.title}`
    case 'settlement': return `to be settled: ${waitingFor.name}`
    default: return detail ?? 'waits for a person'
  }
}
