import type { NewEvent } from '../domain/event.ts'
import type { RedactingStream, Redactor } from '../domain/redact/redactor.ts'

/**
 * Takes secrets out of what a run says, before it is stored. Output is a text in pieces: what may be the beginning of a secret
 * waits for the next piece of the same stream, or for the next other event of its step, and goes out before that.
 */
export interface EventRedactor {
  pass: (events: NewEvent[]) => NewEvent[]
  /** Of what waits, that which is next to nothing of a secret: a person may wait to see it. */
  release: () => NewEvent[]
  /** All that waits. */
  end: () => NewEvent[]
  readonly isHolding: boolean
}

type Output = Extract<NewEvent, { type: 'step.output' | 'tool.output' }>
interface Open { text: RedactingStream, last: Output }

/** Of one command there are two; an executor that opens more at a time has them closed, the oldest first. */
const MAX_OPEN = 16

export function createEventRedactor(redactor: Redactor): EventRedactor {
  const open = new Map<string, Open>()

  function pass(event: NewEvent): NewEvent[] {
    if (event.type === 'step.output' || event.type === 'tool.output')
      return write(event)
    return [...closeOf(event), { ...event, data: redactor.value(event.data) } as NewEvent] // strings stay strings
  }

  function write(event: Output): NewEvent[] {
    const key = keyOf(event)
    const known = open.get(key)
    const { text } = known ?? { text: redactor.stream() }
    open.set(key, { text, last: event })
    const kept = text.push(event.data.text)
    const oldest = open.size > MAX_OPEN ? close([...open.keys()][0]!) : []
    return [...oldest, ...written(event, kept)]
  }

  function closeOf({ data }: NewEvent): NewEvent[] {
    if (open.size === 0 || !('step' in data))
      return []
    return [...open].filter(([, { last }]) => last.data.step === data.step).flatMap(([key]) => close(key))
  }

  function close(key: string): NewEvent[] {
    const { text, last } = open.get(key)! // by a key of it
    open.delete(key)
    return written(last, text.end())
  }

  return {
    pass: events => events.flatMap(pass),
    release: () => [...open.values()].flatMap(({ text, last }) => written(last, text.release())),
    end: () => [...open.keys()].flatMap(close),
    get isHolding() {
      return [...open.values()].some(({ text }) => text.held > 0)
    },
  }
}

function keyOf({ type, data }: Output): string {
  return JSON.stringify([type, data.step, 'call' in data ? data.call : null, data.stream])
}

function written(event: Output, text: string): NewEvent[] {
  return text === '' ? [] : [{ ...event, data: { ...event.data, text } } as NewEvent] // the same event with another text
}
