import type { EventType, RunEvent } from '../domain/event.ts'
import type { RunMoved } from '../domain/run-moved.ts'
import type { Exporter } from './exporter.ts'
import type { TraceSettings } from './settings.ts'
import type { Span } from './span.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { isFinal } from '../domain/run.ts'
import { ATTEMPT_EVENTS, createAttemptSpans } from './attempt-spans.ts'
import { RUN_EVENTS, runSpan } from './run-span.ts'

export interface TracesOptions {
  settings: TraceSettings
  /** A page of an attempt's events of these types, after a seq. */
  readAttempt: (runId: string, attempt: number, types: readonly EventType[], page: { after: number, limit: number }) => Promise<RunEvent[]>
  /** All events of a run of these types. */
  readRun: (runId: string, types: readonly EventType[]) => Promise<RunEvent[]>
  warn: (about: object, message: string) => void
  /** Between the first that is to be sent and the sending: what comes meanwhile goes along. */
  gatherMs?: number
  /** How long what is left may take at the end. */
  stopMs?: number
}

/** Sends what runs have done to a collector, from their logs: an attempt when it has ended, the run when it has. Nobody waits for it. */
export interface Traces {
  moved: (moved: RunMoved) => void
  /** Sends what is left, for a moment. Idempotent. */
  stop: () => Promise<void>
}

const GATHER_MS = 1_000
const STOP_MS = 2_000
/** Runs that wait for a collector; what comes beyond is left out. */
const MAX_WAITING = 2_000
/** Of one attempt; what comes beyond is left out. */
const MAX_SPANS = 10_000
const PAGE = 500

interface Ended { runId: string, attempt: number, hasRun: boolean, isOver: boolean }

export function createTraces(o: TracesOptions): Traces {
  const { settings, readAttempt, readRun, warn, gatherMs = GATHER_MS, stopMs = STOP_MS } = o
  const stopping = new AbortController()
  let waiting: Ended[] = []
  let pumping: Promise<void> | null = null
  let stopped: Promise<void> | null = null
  let exporter: Exporter | null = null
  let leftOut = 0
  let isAway = false

  function start(): void {
    pumping ??= pump().catch(note).finally(() => {
      pumping = null
      if (waiting.length > 0 && !stopped)
        start() // it came between the last look and now
    })
  }

  async function pump(): Promise<void> {
    await sleep(gatherMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {}) // at the end there is no waiting
    // Its libraries are loaded with the first run that ends.
    exporter ??= (await import('./exporter.ts')).createExporter(settings)
    while (waiting.length > 0) {
      const ended = waiting.shift()!
      await sendOne(exporter, ended).then(
        () => note(null),
        (error: unknown) => note(error),
      )
    }
  }

  async function sendOne(to: Exporter, { runId, attempt, hasRun, isOver }: Ended): Promise<void> {
    if (hasRun)
      await sendAttempt(to, runId, attempt)
    const root = isOver ? runSpan(runId, await readRun(runId, RUN_EVENTS)) : null
    await to.send(runId, root ? [root] : [], { isLast: waiting.length === 0 })
  }

  async function sendAttempt(to: Exporter, runId: string, attempt: number): Promise<void> {
    const fold = createAttemptSpans(runId, attempt)
    let sent = 0
    for (let after = 0; sent < MAX_SPANS;) {
      const events = await readAttempt(runId, attempt, ATTEMPT_EVENTS, { after, limit: PAGE })
      const spans: Span[] = fold.add(events)
      sent += spans.length
      await to.send(runId, spans, { isLast: false })
      if (events.length < PAGE)
        break
      after = events.at(-1)!.seq
    }
    await to.send(runId, fold.end(), { isLast: false })
  }

  /** Once when it goes away, and once when it is there again. */
  function note(error: unknown): void {
    if (error !== null && !isAway)
      warn({ err: error }, 'traces could not be sent; what is not sent is left out')
    if (error === null && (isAway || leftOut > 0)) {
      warn({ leftOut }, 'traces are sent again')
      leftOut = 0
    }
    isAway = error !== null
    leftOut += error === null ? 0 : 1
  }

  return {
    moved({ runId, attempt, from, to }) {
      const hasRun = from === 'running' && to !== 'running'
      const isOver = !isFinal(from) && isFinal(to)
      if (stopped || (!hasRun && !isOver))
        return
      if (waiting.length >= MAX_WAITING)
        leftOut++
      else
        waiting.push({ runId, attempt, hasRun, isOver })
      start()
    },
    stop: () => stopped ??= (async () => {
      stopping.abort()
      const late = new AbortController()
      await Promise.race([pumping, sleep(stopMs, undefined, { signal: late.signal }).catch(() => {})])
      late.abort()
      waiting = []
      exporter?.stop()
    })(),
  }
}
