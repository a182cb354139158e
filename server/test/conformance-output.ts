import type { NewEvent } from '../src/domain/event.ts'
import { event } from '../src/domain/event.ts'

/** A line of terminal output, as most events are. */
export function output(text: string): NewEvent {
  return event('step.output', { step: 1, stream: 'stdout', text })
}

/** A step that has ended: work that another attempt does not do again. */
export function finished(step: number): NewEvent {
  return event('step.finished', { step, status: 'succeeded', durationMs: 1 })
}
