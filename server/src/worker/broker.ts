import type { EventType, NewEvent } from '../domain/event.ts'
import type { Manifest } from '../domain/manifest/manifest.ts'
import type { ReplyValue } from '../executor/protocol/input.ts'
import type { ExecutorAsk } from '../executor/protocol/output.ts'
import type { Gateway } from '../models/gateway.ts'
import type { OrderedLog } from './ordered-log.ts'
import { parseNewEvent } from '../domain/event.ts'
import { findDenied } from '../domain/policy.ts'
import { askModel } from './ask-model.ts'

export interface BrokerOptions {
  log: OrderedLog
  manifest: Pick<Manifest, 'commands' | 'model'>
  gateway: Gateway
  /** Aborted when the run is to end: calls to models end with it. */
  signal: AbortSignal
  /** The executor wrote what it may not: its run ends. */
  onViolation: (detail: string) => void
}

export interface Broker {
  /** Events whose data have been parsed already, by the host. */
  events: (events: NewEvent[]) => Promise<void>
  ask: (ask: ExecutorAsk, chunk: (text: string) => void) => Promise<ReplyValue>
  /** The executor is done with the run: calls that nobody waits for are stopped. Resolves when none is under way. */
  close: () => Promise<void>
  /** True when the last call to a model failed in a way that waiting does not mend (a wrong key). */
  hasHopelessModel: () => boolean
}

/** Everything else (run.*, attempt.*, model.*, workspace.*) is the worker's to say. */
const EXECUTOR_WRITES = new Set<EventType>([
  'sandbox.opened',
  'step.started',
  'step.output',
  'step.finished',
  'tool.proposed',
  'tool.started',
  'tool.output',
  'tool.finished',
  'limit.approached',
  'limit.reached',
  'output.cut',
])

/** Answers what the executor of one run asks: it decides nothing, and everything that it says is held against the rules. */
export function createBroker({ log, manifest, gateway, signal, onViolation }: BrokerOptions): Broker {
  const closed = new AbortController()
  const underWay = new Set<Promise<unknown>>()
  let isHopeless = false

  function accept(parse: () => NewEvent[]): NewEvent[] {
    try {
      return parse().map(ofExecutor)
    }
    catch (error) {
      const detail = `The executor broke the protocol: ${error instanceof Error ? error.message : String(error)}.`
      onViolation(detail)
      throw new Error(detail, { cause: error })
    }
  }

  async function answer(ask: ExecutorAsk, chunk: (text: string) => void): Promise<ReplyValue> {
    switch (ask.kind) {
      case 'record':
        await log.record(accept(() => ask.events.map(raw => parseNewEvent({ ...raw, data: raw.data }))))
        return { kind: 'recorded' }
      case 'command': {
        const rule = findDenied(ask.command, manifest.commands.deny)
        return rule === null
          ? { kind: 'decision', allow: true }
          : { kind: 'decision', allow: false, rule, reason: `denied by the rule ${JSON.stringify(rule)} of commands.deny` }
      }
      case 'model': {
        const outcome = await askModel({ ask, models: manifest.model, gateway, log, chunk, signal: AbortSignal.any([signal, closed.signal]) })
        isHopeless = !outcome.ok && outcome.kind !== 'aborted' && !outcome.retryable
        if (!outcome.ok)
          throw new Error(outcome.message)
        return { kind: 'model', text: outcome.text, toolCalls: outcome.toolCalls, finish: outcome.finish }
      }
    }
  }

  return {
    async events(events) {
      await log.push(accept(() => events))
    },
    async ask(ask, chunk) {
      const answering = answer(ask, chunk)
      underWay.add(answering)
      try {
        return await answering
      }
      finally {
        underWay.delete(answering)
      }
    },
    async close() {
      closed.abort()
      await Promise.allSettled(underWay)
    },
    hasHopelessModel: () => isHopeless,
  }
}

function ofExecutor(event: NewEvent): NewEvent {
  if (!EXECUTOR_WRITES.has(event.type))
    throw new TypeError(`an executor may not write ${JSON.stringify(event.type)}`)
  return { ...event, at: timeOf(event.at) }
}

/** The executor's clock is ours; what is no time, or another one, is replaced by the time of receipt. */
function timeOf(at: string): string {
  const ms = Date.parse(at)
  const now = Date.now()
  return Math.abs(now - ms) < 60_000 ? new Date(ms).toISOString() : new Date(now).toISOString()
}
