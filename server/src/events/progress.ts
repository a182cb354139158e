import type { NewEvent } from '../domain/event.ts'
import type { Progress } from '../store/run-append.ts'
import { nanosOf } from '../domain/budget.ts'
import { storable } from '../store/text.ts'

/** What events add to the figures of their run, which lists show without reading the log. */
export function progressOf(events: NewEvent[]): Progress {
  const progress: Progress = {
    steps: 0,
    recorded: 0,
    outputBytes: 0,
    tokens: 0,
    costUsd: null,
    now: undefined,
    isolation: null,
    isolationBy: null,
    answers: [],
  }
  for (const event of events)
    add(progress, event)
  return progress
}

function add(progress: Progress, event: NewEvent): void {
  switch (event.type) {
    case 'step.started':
      progress.steps = Math.max(progress.steps, event.data.step)
      progress.now = storable(event.data.name)
      return
    case 'step.finished':
      progress.now = null
      progress.recorded += event.data.status !== 'failed' || event.data.continued ? 1 : 0
      return
    case 'tool.finished':
      progress.recorded++
      return
    case 'step.output':
    case 'tool.output':
      progress.outputBytes += Buffer.byteLength(event.data.text)
      return
    case 'model.responded':
      progress.recorded += event.data.error === undefined ? 1 : 0
      progress.tokens += event.data.usage.inputTokens + event.data.usage.outputTokens
      if (event.data.costUsd !== null)
        progress.costUsd = (progress.costUsd ?? 0) + event.data.costUsd
      progress.answers.push({
        call: event.data.call ?? null,
        model: storable(event.data.model),
        inputTokens: event.data.usage.inputTokens,
        outputTokens: event.data.usage.outputTokens,
        cachedTokens: event.data.usage.cachedTokens ?? 0,
        nanos: nanosOf(event.data.costUsd ?? 0),
        isUnknown: event.data.counted === 'bound',
      })
      return
    case 'sandbox.opened':
      progress.isolation = event.data.level
      progress.isolationBy = event.data.by
  }
}
