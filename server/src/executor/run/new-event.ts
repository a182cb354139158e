import type { EventType, NewEvent } from '../../domain/event.ts'

/** An event made now. The schemas of domain/event are the worker's: loading zod here would double the executor's start-up. */
export function newEvent<T extends EventType>(type: T, data: Extract<NewEvent, { type: T }>['data']): NewEvent {
  return { type, at: new Date().toISOString(), data } as NewEvent // The pair is checked by the signature.
}
