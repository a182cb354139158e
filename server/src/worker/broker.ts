import type { Ask } from '../approvals/of-run.ts'
import type { Spending } from '../budgets/spending.ts'
import type { EventType, NewEvent } from '../domain/event.ts'
import type { Manifest } from '../domain/manifest/manifest.ts'
import type { Redactor } from '../domain/redact/redactor.ts'
import type { IsolationLevel } from '../domain/run.ts'
import type { WaitingForApproval } from '../domain/views/run.ts'
import type { ReplyValue } from '../executor/protocol/input.ts'
import type { ExecutorAsk } from '../executor/protocol/output.ts'
import type { Gateway } from '../models/gateway.ts'
import type { Keep } from './keep-artifact.ts'
import type { OrderedLog } from './ordered-log.ts'
import type { Action, Permission } from './permit.ts'
import type { WorkerTools } from './tools/worker-tools.ts'
import type { RequestWriter } from './write-request.ts'
import { parseNewEvent } from '../domain/event.ts'
import { askModel } from './ask-model.ts'
import { createPermit } from './permit.ts'
import { createProgramNames } from './program-names.ts'
import { createEventRedactor } from './redact-events.ts'
import { secretsOfCommand } from './secrets-of-command.ts'

export interface BrokerOptions {
  log: OrderedLog
  manifest: Pick<Manifest, 'approvals' | 'commands' | 'model' | 'network' | 'temperature' | 'steps' | 'verify'>
  level: IsolationLevel
  /** Asks people. */
  askPeople: Ask
  /** What the run has cost so far, by its log. */
  costUsd: () => Promise<number>
  /** Nobody has answered in time: its run ends. */
  onExpired: (detail: string) => void
  /** The values of the manifest's secrets by their names. */
  secrets: Record<string, string>
  /** Knows those values, and the server's own. */
  redactor: Redactor
  gateway: Gateway
  spending: Spending
  /** Aborted when the run is to end: calls to models end with it. */
  signal: AbortSignal
  keep: Keep
  tools: WorkerTools
  requests: RequestWriter
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
  /** What the loop has been told to wait for: it ends, and the run is to be parked. */
  waitingFor: () => WaitingForApproval | null
}

/** Output that waits to be told from the beginning of a secret waits no longer when it is next to nothing of one. */
const RELEASE_MS = 250

/** Everything else (run.*, attempt.*, model.*, workspace.*, artifact.*) is the worker's to say. */
const EXECUTOR_WRITES = new Set<EventType>([
  'sandbox.opened',
  'step.started',
  'step.output',
  'step.finished',
  'mcp.listed',
  'tool.proposed',
  'tool.started',
  'tool.output',
  'tool.finished',
  'limit.approached',
  'limit.reached',
  'output.cut',
  'agent.session',
  'agent.message',
  'agent.plan',
  'agent.diff',
])

/** The machine's programs, for all runs. */
const programNames = createProgramNames()

/** Answers what the executor of one run asks: it decides nothing, and everything that it says is held against the rules. */
export function createBroker(o: BrokerOptions): Broker {
  const { log, manifest, level, askPeople, costUsd, secrets, redactor, gateway, spending, signal, keep, tools, requests, onViolation, onExpired } = o
  const closed = new AbortController()
  const underWay = new Set<Promise<unknown>>()
  const redacted = createEventRedactor(redactor)
  let waitingFor: WaitingForApproval | null = null
  const onPark = (what: WaitingForApproval) => void (waitingFor = what)
  const permit = createPermit({ manifest, level, programNames, ask: askPeople, redactor, onPark, onExpired })
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
        const permission = await permit(commandAction(ask))
        if (permission.verdict !== 'allow')
          return replyFor(permission)
        const env = holdTo(() => secretsOfCommand(ask, manifest, secrets))
        return { kind: 'decision', allow: true, ...(env && { env }) }
      }
      case 'approve': {
        const { step, call, tool, title, action } = ask
        const permission = await permit({ step, call, kind: 'agent', tool, title, text: action, ...commandIn(action), canPark: false })
        return permission.verdict === 'allow' ? { kind: 'decision', allow: true } : replyFor(permission)
      }
      case 'permit': {
        const clean = redactor.value(ask)
        const action = tools.actionOf(clean)
        if (action === null)
          return { kind: 'decision', allow: false, rule: 'tools', reason: `the manifest gives no tool ${JSON.stringify(ask.tool)}` }
        const permission = action === 'free' ? { verdict: 'allow' as const } : await permit(action)
        if (permission.verdict !== 'allow')
          return replyFor(permission)
        tools.allow(clean)
        return { kind: 'decision', allow: true }
      }
      case 'tool':
        return tools.call(redactor.value(ask))
      case 'model': {
        const permission = await permitCost(ask.step)
        if (permission.verdict !== 'allow')
          return replyFor(permission)
        const stopped = AbortSignal.any([signal, closed.signal])
        const { model: models, temperature } = manifest
        const outcome = await askModel({ ask: redactor.value(ask), models, temperature, gateway, redactor, log, spending, requests, chunk, signal: stopped })
        isHopeless = !outcome.ok && outcome.kind !== 'aborted' && !outcome.retryable
        if (!outcome.ok)
          throw new Error(outcome.message)
        return { kind: 'model', text: outcome.text, toolCalls: outcome.toolCalls, finish: outcome.finish, ...outcome.continuation && { continuation: outcome.continuation } }
      }
      case 'keep': {
        const kept = await keep(redactor.value(ask))
        await log.record([kept])
        return { kind: 'recorded', ...kept.type === 'artifact.lost' && { problem: kept.data.detail } }
      }
    }
  }

  /** A run that is to ask about its cost asks each time that it has cost so much more. */
  async function permitCost(step: number): Promise<Permission> {
    const each = manifest.approvals.costUsd ?? null // a manifest that was saved before there was this key has none
    const passed = each === null ? 0 : Math.floor(await costUsd() / each + 1e-9)
    if (each === null || passed < 1)
      return { verdict: 'allow' }
    const title = `Go on: the run has cost more than $${(passed * each).toFixed(2)}`
    return permit({ step, call: null, kind: 'cost', tool: 'model', title, text: `more calls of models, up to $${((passed + 1) * each).toFixed(2)} in all`, canPark: true })
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
    waitingFor: () => waitingFor,
  }
}

/** A file tool's command says where, its input what: both are what is done. */
function commandAction({ step, call, tool = 'shell', command, input, secrets = [] }: Extract<ExecutorAsk, { kind: 'command' }>): Action {
  const text = input === undefined ? command : `${command}\n${JSON.stringify(input, null, 2)}`
  const title = input === undefined ? command : `${tool} ${typeof input.path === 'string' ? input.path : ''}`
  return { step, call: call ?? null, kind: tool === 'shell' ? 'shell' : 'files', tool, title, text, command, secrets, canPark: true }
}

/** What an agent of its own calls the command of what it wants to do, as a line or as words: it is held against `commands`. */
function commandIn(action: string): { command?: string } {
  const { command } = inputOf(action)
  if (typeof command === 'string')
    return { command }
  return Array.isArray(command) ? { command: command.map(word => `'${String(word).replaceAll('\'', '\'\\\'\'')}'`).join(' ') } : {}
}

function inputOf(action: string): { command?: unknown } {
  try {
    return new Object(JSON.parse(action)) as { command?: unknown } // any own key may be asked for
  }
  catch {
    return {} // It is no JSON: its whole text is what is held against the rules.
  }
}

function replyFor(permission: Exclude<Permission, { verdict: 'allow' }>): ReplyValue {
  return permission.verdict === 'park' ? { kind: 'parked' } : { kind: 'decision', allow: false, rule: permission.rule, reason: permission.reason }
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
