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
  events: (events: RawEvent[]) => Promise<void>
  ask: (ask: ExecutorAsk, chunk: (text: string) => void) => Promise<ReplyValue>
  /** True when the last call to a model failed in a way that waiting does not mend (a wrong key). */
  hasHopelessModel: () => boolean
}

export interface RawEvent { type: string, at: string, data?: unknown }

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
  'limit.reached',
  'output.cut',
])

/** Answers what the executor of one run asks: it decides nothing, and everything that it says is held against the rules. */
export function createBroker({ log, manifest, gateway, signal, onViolation }: BrokerOptions): Broker {
  let isHopeless = false

  function accept(raw: RawEvent[]): NewEvent[] {
    try {
      return raw.map(parseExecutorEvent)
    }
    catch (error) {
      const detail = `The executor broke the protocol: ${error instanceof Error ? error.message : String(error)}`
      onViolation(detail)
      throw new Error(detail, { cause: error })
    }
  }

  return {
    async events(raw) {
      await log.push(accept(raw))
    },
    async ask(ask, chunk) {
      switch (ask.kind) {
        case 'record':
          await log.record(accept(ask.events))
          return { kind: 'recorded' }
        case 'command': {
          const rule = findDenied(ask.command, manifest.commands.deny)
          return rule === null
            ? { kind: 'decision', allow: true }
            : { kind: 'decision', allow: false, rule, reason: `denied by the rule ${JSON.stringify(rule)} of commands.deny` }
        }
        case 'model': {
          const outcome = await askModel({ ask, models: manifest.model, gateway, log, chunk, signal })
          isHopeless = !outcome.ok && !outcome.retryable
          if (!outcome.ok)
            throw new Error(outcome.message)
          return { kind: 'model', text: outcome.text, toolCalls: outcome.toolCalls, finish: outcome.finish }
        }
      }
    },
    hasHopelessModel: () => isHopeless,
  }
}

function parseExecutorEvent(raw: RawEvent): NewEvent {
  if (!EXECUTOR_WRITES.has(raw.type as EventType))
    throw new TypeError(`an executor may not write ${JSON.stringify(raw.type)}`)
  return parseNewEvent({ type: raw.type, at: timeOf(raw.at), data: raw.data })
}

/** The executor's clock is ours; what is no time, or another one, is replaced by the time of receipt. */
function timeOf(at: string): string {
  const ms = Date.parse(at)
  const now = Date.now()
  return Math.abs(now - ms) < 60_000 ? new Date(ms).toISOString() : new Date(now).toISOString()
}
