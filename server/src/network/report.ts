import type { NewEvent } from '../domain/event.ts'
import { event } from '../domain/event.ts'

export interface NetworkReport {
  allowed: (data: { host: string, port: number, address: string }) => void
  denied: (data: { host: string, port: number, reason: string }) => void
  /** Says how many were left out, if any. */
  close: () => void
}

/** Of each kind, in one attempt: an agent must not be able to fill the log. */
const MAX_EVENTS = 200

export function createReport(write: (event: NewEvent) => void): NetworkReport {
  const allowed = bounded<{ host: string, port: number, address: string }>((data, omitted) => write(event('network.allowed', { ...data, ...omitted })))
  const denied = bounded<{ host: string, port: number, reason: string }>((data, omitted) => write(event('network.denied', { ...data, ...omitted })))
  return {
    allowed: allowed.add,
    denied: denied.add,
    close() {
      allowed.close()
      denied.close()
    },
  }
}

function bounded<Data>(write: (data: Data, omitted: { omitted?: number }) => void): { add: (data: Data) => void, close: () => void } {
  let written = 0
  let last: Data | null = null
  let omitted = 0
  return {
    add(data) {
      if (++written <= MAX_EVENTS) {
        write(data, {})
        return
      }
      omitted++
      last = data
    },
    close() {
      if (last)
        write(last, { omitted })
      last = null
    },
  }
}
