import type { RunEvent } from '@agentos/server/domain/event'
import type { ShallowRef } from 'vue'
import type { Timeline } from '../run/timeline.ts'
import { shallowRef, triggerRef } from 'vue'
import { appendEvents } from '../run/fold.ts'
import { createTimeline } from '../run/timeline.ts'

/** Takes batches as they arrive and shows them a frame at a time, so that neither 200 events/s nor 100,000 at once stop the page. */
export interface EventIntake {
  /** Every event so far, oldest first, each once. The same array all the time; the ref says when it grew. */
  events: ShallowRef<RunEvent[]>
  timeline: ShallowRef<Timeline>
  push: (batch: readonly RunEvent[]) => void
  /** The log is known to reach this far: until nearly there, drawing can wait. */
  expect: (lastSeq: number) => void
  /** Batches that wait for their frame. */
  readonly waiting: number
  stop: () => void
}

/** What folding may take of one frame; the rest of its 16 ms belongs to drawing. */
const FOLD_MS = 6
/** A stream reads as well at 30 pictures a second as at 60, for half the work; a single event is drawn in its own frame. */
const DRAW_STREAM_MS = 30
/** While a backlog is worked off, the page is drawn this often; drawing each frame would only make it longer. */
const DRAW_BACKLOG_MS = 500
/** Further behind than this is a backlog. */
const BACKLOG_EVENTS = 2000

export function createEventIntake(schedule: (run: () => void) => () => void = onNextFrame, now = () => performance.now()): EventIntake {
  const events = shallowRef<RunEvent[]>([])
  const timeline = shallowRef(createTimeline())
  const queue: (readonly RunEvent[])[] = []
  let cancel: (() => void) | null = null
  let drawnAt = -Infinity
  let expected = 0

  function push(batch: readonly RunEvent[]): void {
    queue.push(batch)
    cancel ??= schedule(work)
  }

  function work(): void {
    const startedAt = now()
    while (queue.length > 0 && now() - startedAt < FOLD_MS)
      take(queue.shift()!)
    const isBacklog = queue.length > 0 || expected - timeline.value.lastSeq > BACKLOG_EVENTS
    const isDue = startedAt - drawnAt >= (isBacklog ? DRAW_BACKLOG_MS : DRAW_STREAM_MS)
    cancel = queue.length > 0 || !isDue ? schedule(work) : null
    if (isDue) {
      drawnAt = startedAt
      triggerRef(events)
      triggerRef(timeline)
    }
  }

  function take(batch: readonly RunEvent[]): void {
    const lastSeq = timeline.value.lastSeq
    for (const event of batch) {
      if (event.seq > lastSeq)
        events.value.push(event)
    }
    appendEvents(timeline.value, batch)
  }

  return {
    events,
    timeline,
    push,
    expect(lastSeq) {
      expected = Math.max(expected, lastSeq)
    },
    get waiting() { return queue.length },
    stop() {
      cancel?.()
      cancel = null
      queue.length = 0
    },
  }
}

/** A hidden tab has no frames; there a timer does. */
function onNextFrame(run: () => void): () => void {
  if (document.hidden) {
    const timer = setTimeout(run, 200)
    return () => clearTimeout(timer)
  }
  let timer: ReturnType<typeof setTimeout> | undefined
  const frame = requestAnimationFrame(() => {
    clearTimeout(timer)
    run()
  })
  // The tab may be hidden before the frame comes.
  timer = setTimeout(() => {
    cancelAnimationFrame(frame)
    run()
  }, 1000)
  return () => {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
  }
}
