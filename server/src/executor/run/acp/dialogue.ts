import type { CancelNotification, InitializeRequest, LoadSessionRequest, NewSessionRequest, PromptRequest, SetSessionModeRequest, StopReason } from '@agentclientprotocol/sdk'
import type { AcpWork } from '../../protocol/input.ts'
import type { AgentTeller } from '../agent-teller.ts'
import type { JsonObject } from '../json.ts'
import type { RunEnd } from '../run-control.ts'
import type { Answer, Wire } from './wire.ts'
import { asObject, asText, objectsOf } from '../json.ts'
import { COMPLETED } from '../script.ts'

export interface DialogueOptions {
  wire: Wire
  teller: AgentTeller
  work: Pick<AcpWork, 'prompt' | 'session' | 'mustLoad' | 'isAgain' | 'mode'>
  /** The workspace, as the agent sees it. */
  cwd: string
  graceMs: number
  /** Aborted when the run is to end. */
  signal: AbortSignal
  onPhase: (phase: Phase) => void
}

/** `replay`: while a session is loaded, the agent says again what it said before. `turn`: it can be told to stop. */
export type Phase = 'start' | 'replay' | 'turn'

const VERSION = 1
/** Some fetch half of their program before they say a word. */
const START_MS = 120_000
const AUTH_REQUIRED = -32_000
/** Sessions are named in the log, whole or not at all. */
const MAX_SESSION_CHARACTERS = 200

const AGAIN = 'An earlier attempt at this did not come to its end, and nobody knows what of it was done. Look before you do it again.'
const GO_ON = 'You were interrupted in the middle of this. Look how far you came, and what of it was done, and go on to the end. The task was:'

/** One turn of an agent: hello, a session, the task, and how it ended. Never rejects. */
export async function talk(o: DialogueOptions): Promise<RunEnd> {
  const { wire, teller, work } = o
  const hello = await wire.request('initialize', {
    protocolVersion: VERSION,
    // Neither files nor terminals: the agent stands in the sandbox itself, and has its own.
    clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false },
    clientInfo: { name: 'agentos', title: 'AgentOS', version: '1' },
  } satisfies InitializeRequest, START_MS)
  if (!hello.ok)
    return failure('spawn_error', `did not begin to speak ACP: ${hello.message}`)
  if (hello.result.protocolVersion !== VERSION)
    return failure('error', `speaks another version of ACP: ${JSON.stringify(hello.result.protocolVersion)?.slice(0, 40)} instead of ${VERSION}`, false)
  const canLoad = asObject(hello.result.agentCapabilities)?.loadSession === true
  const opened = await openSession(o, canLoad)
  if ('reason' in opened)
    return { ...opened, detail: `${opened.detail}${loginsOf(hello.result, opened.detail)}` }
  teller.say({ kind: 'session', session: opened.session, agent: nameOf(hello.result), canLoad, mode: asText(asObject(opened.result.modes)?.currentModeId) })
  const task = opened.isLoaded ? `${GO_ON}\n\n${work.prompt}` : work.isAgain ? `${AGAIN}\n\n${work.prompt}` : work.prompt
  const wrongMode = await enterMode(o, opened)
  if (wrongMode)
    return wrongMode
  o.onPhase('turn')
  return turn(o, { sessionId: opened.session, prompt: [{ type: 'text', text: task }] })
}

interface OpenedSession { session: string, isLoaded: boolean, result: JsonObject }

async function openSession({ wire, work, cwd, onPhase }: DialogueOptions, canLoad: boolean): Promise<OpenedSession | RunEnd> {
  const { session, mustLoad } = work
  if (session !== null && canLoad) {
    onPhase('replay')
    const loaded = await wire.request('session/load', { sessionId: session, cwd, mcpServers: [] } satisfies LoadSessionRequest, START_MS)
    onPhase('start')
    if (loaded.ok)
      return { session, isLoaded: true, result: loaded.result }
    if (mustLoad || loaded.why === 'closed')
      return failure('interrupted', `could not load the session that it had, and may not begin again by itself (effects: ask): ${loaded.message}`, false)
  }
  else if (session !== null && mustLoad) {
    return failure('interrupted', 'says that it cannot load the session that it had, and may not begin again by itself (effects: ask)', false)
  }
  const made = await wire.request('session/new', { cwd, mcpServers: [] } satisfies NewSessionRequest, START_MS)
  if (!made.ok)
    return failure('error', `opened no session: ${made.message}`, !(made.why === 'error' && made.code === AUTH_REQUIRED))
  const id = asText(made.result.sessionId)
  if (id === null || id === '' || id.length > MAX_SESSION_CHARACTERS)
    return failure('error', `opened a session without a name of 1 to ${MAX_SESSION_CHARACTERS} characters`, false)
  return { session: id, isLoaded: false, result: made.result }
}

async function enterMode({ wire, teller, work: { mode } }: DialogueOptions, { session, result }: OpenedSession): Promise<RunEnd | null> {
  const modes = asObject(result.modes)
  if (mode === null || modes?.currentModeId === mode)
    return null
  const known = objectsOf(modes?.availableModes).map(({ id }) => asText(id)).filter(id => id !== null)
  if (!known.includes(mode))
    return failure('error', `has no mode ${JSON.stringify(mode)} (agent.mode); ${known.length > 0 ? `its modes are ${known.join(', ').slice(0, 500)}` : 'it has none'}`, false)
  const entered = await wire.request('session/set_mode', { sessionId: session, modeId: mode } satisfies SetSessionModeRequest, START_MS)
  if (!entered.ok)
    return failure('error', `did not enter the mode ${mode}: ${entered.message}`)
  teller.say({ kind: 'session', session: null, agent: null, canLoad: null, mode })
  return null
}

/** Ends with the agent's answer, or, once the run is to end, when it has had the grace to give one. */
async function turn({ wire, signal, graceMs }: DialogueOptions, params: PromptRequest): Promise<RunEnd> {
  const answering = wire.request('session/prompt', params)
  const cancelled = new Promise<Answer>((resolve) => {
    const cancel = () => {
      wire.notify('session/cancel', { sessionId: params.sessionId } satisfies CancelNotification)
      setTimeout(resolve, graceMs, { ok: false, why: 'late', message: 'it went on after it was told to stop' }).unref()
    }
    signal.addEventListener('abort', cancel, { once: true })
    if (signal.aborted)
      cancel()
    void answering.then(() => signal.removeEventListener('abort', cancel))
  })
  const answer = await Promise.race([answering, cancelled])
  if (!answer.ok)
    return failure('error', answer.why === 'closed' ? 'ended before its turn was over' : `ended its turn with an error: ${answer.message}`)
  return endOf(answer.result.stopReason)
}

function endOf(reason: unknown): RunEnd {
  switch (reason as StopReason) {
    case 'end_turn':
      return COMPLETED
    case 'max_tokens':
      return failure('error', 'stopped because its model reached the length limit of an answer')
    case 'max_turn_requests':
      return failure('error', 'stopped because it reached its own limit of requests to a model')
    case 'refusal':
      return failure('error', 'refused to go on', false)
    case 'cancelled':
      return failure('error', 'says that its turn was cancelled')
    default:
      return failure('error', `ended its turn for a reason that is not known: ${JSON.stringify(reason)?.slice(0, 100)}`, false)
  }
}

function failure(reason: RunEnd['reason'], detail: string, canPass = true): RunEnd {
  return { reason, detail, canPass }
}

function nameOf(hello: JsonObject): string {
  const info = asObject(hello.agentInfo) ?? {}
  return [asText(info.title) ?? asText(info.name) ?? 'agent', asText(info.version)].filter(Boolean).join(' ')
}

/** How it could be logged in, when that is what it lacks. */
function loginsOf(hello: JsonObject, detail: string): string {
  const names = objectsOf(hello.authMethods).map(({ name }) => asText(name)).filter(name => name !== null)
  return names.length > 0 && /auth|login|log in/i.test(detail) ? ` (its ways to log in: ${names.join(', ').slice(0, 300)})` : ''
}
