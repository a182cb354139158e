import type { EventType, NewEvent } from '../domain/event.ts'
import type { Manifest } from '../domain/manifest/manifest.ts'
import type { Redactor } from '../domain/redact/redactor.ts'
import type { ReplyValue } from '../executor/protocol/input.ts'
import type { ExecutorAsk } from '../executor/protocol/output.ts'
import type { Gateway } from '../models/gateway.ts'
import type { Keep } from './keep-artifact.ts'
import type { OrderedLog } from './ordered-log.ts'
import { parseNewEvent } from '../domain/event.ts'
import { decide } from '../domain/policy/decide.ts'
import { askModel } from './ask-model.ts'
import { createProgramNames } from './program-names.ts'
import { createEventRedactor } from './redact-events.ts'
import { secretsOfCommand } from './secrets-of-command.ts'

export interface BrokerOptions {
  log: OrderedLog
  manifest: Pick<Manifest, 'commands' | 'model' | 'steps' | 'verify'>
  /** The values of the manifest's secrets by their names. */
  secrets: Record<string, string>
  /** Knows those values, and the server's own. */
  redactor: Redactor
  gateway: Gateway
  /** Aborted when the run is to end: calls to models end with it. */
  signal: AbortSignal
  keep: Keep
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

/** Output that waits to be told from the beginning of a secret waits no longer when it is next to nothing of one. */
const RELEASE_MS = 250

/** Everything else (run.*, attempt.*, model.*, workspace.*, artifact.*) is the worker's to say. */
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

/** The machine's programs, for all runs. */
const programNames = createProgramNames()

/** Answers what the executor of one run asks: it decides nothing, and everything that it says is held against the rules. */
export function createBroker({ log, manifest, secrets, redactor, gateway, signal, keep, onViolation }: BrokerOptions): Broker {
  const closed = new AbortController()
  const underWay = new Set<Promise<unknown>>()
  const redacted = createEventRedactor(redactor)
  let releaseTimer: NodeJS.Timeout | null = null
  let isHopeless = false

  /** As they may be stored. */
  function accept(parse: () => NewEvent[]): NewEvent[] {
    const events = holdTo(() => redacted.pass(parse().map(ofExecutor)))
    if (redacted.isHolding)
      releaseTimer ??= setTimeout(release, RELEASE_MS)
    return events
  }

  function holdTo<T>(rules: () => T): T {
    try {
      return rules()
    }
    catch (error) {
      const detail = `The executor broke the protocol: ${error instanceof Error ? error.message : String(error)}.`
      onViolation(detail)
      throw new Error(detail, { cause: error })
    }
  }

  function release(): void {
    releaseTimer = null
    void log.push(redacted.release())
  }

  async function answer(ask: ExecutorAsk, chunk: (text: string) => void): Promise<ReplyValue> {
    switch (ask.kind) {
      case 'record':
        await log.record(accept(() => ask.events.map(raw => parseNewEvent({ ...raw, data: raw.data }))))
        return { kind: 'recorded' }
      case 'command': {
        const decision = decide(ask.command, manifest.commands, programNames)
        if (decision.verdict !== 'allow') {
          const { verdict, rule, why } = decision
          return { kind: 'decision', allow: false, rule, reason: verdict === 'ask' ? `${why}, and nobody can be asked yet: until approvals exist it is refused` : why }
        }
        const env = holdTo(() => secretsOfCommand(ask, manifest, secrets))
        return { kind: 'decision', allow: true, ...(env && { env }) }
      }
      case 'model': {
        const stopped = AbortSignal.any([signal, closed.signal])
        const outcome = await askModel({ ask: redactor.value(ask), models: manifest.model, gateway, redactor, log, chunk, signal: stopped })
        isHopeless = !outcome.ok && outcome.kind !== 'aborted' && !outcome.retryable
        if (!outcome.ok)
          throw new Error(outcome.message)
        return { kind: 'model', text: outcome.text, toolCalls: outcome.toolCalls, finish: outcome.finish }
      }
      case 'keep':
        await log.record([await keep(redactor.value(ask))])
        return { kind: 'recorded' }
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
      clearTimeout(releaseTimer ?? undefined)
      await log.push(redacted.end())
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
