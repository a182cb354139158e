import type { NewEvent } from '../src/domain/event.ts'
import { event } from '../src/domain/event.ts'

/** A line of terminal output, as most events are. */
export function output(text: string): NewEvent {
  return event('step.output', { step: 1, stream: 'stdout', text })
}
