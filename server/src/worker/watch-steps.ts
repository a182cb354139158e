import type { NewEvent } from '../domain/event.ts'
import type { OrderedLog } from './ordered-log.ts'

/** A log that knows which step of its run is going on: the newest that was started, `first` before there is one. */
export function watchSteps(log: OrderedLog, first: number): OrderedLog & { step: () => number } {
  let newest = first
  const see = (events: NewEvent[]) => {
    for (const { type, data } of events) {
      if (type === 'step.started')
        newest = Math.max(newest, data.step)
    }
    return events
  }
  return {
    push: events => log.push(see(events)),
    hold: events => log.hold(see(events)),
    record: events => log.record(see(events)),
    flush: log.flush,
    step: () => newest,
  }
}
