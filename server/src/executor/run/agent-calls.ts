import type { NewEvent } from '../../domain/event.ts'
import type { AgentSaid } from './agent-said.ts'
import { bounded, boundedLine } from './bounded-text.ts'
import { storable } from './json.ts'
import { newEvent } from './new-event.ts'

/** The calls that an agent makes of its own tools: said as they begin, as they write and as they end, however often it repeats itself. */
export interface AgentCalls {
  take(said: Extract<AgentSaid, { kind: 'call' | 'output' | 'result' }>): void
  get(call: string): Pick<AgentCall, 'tool' | 'title' | 'input'> | null
  finish(why: string): void
}

interface AgentCall {
  id: string
  tool: string
  title: string
  input: unknown
  state: 'proposed' | 'started'
  /** What of its output has been said. */
  told: string
  startedAt: number
}

const MAX_OPEN_CALLS = 500
const MAX_ID_CHARACTERS = 200
const MAX_TITLE_CHARACTERS = 2000
const MAX_INPUT_CHARACTERS = 32 * 1024
const MAX_OUTPUT_CHARACTERS = 64 * 1024
const MAX_RESULT_CHARACTERS = 24 * 1024

export function createAgentCalls(o: { step: number, tell: (event: NewEvent) => void, keepRaw: () => void }): AgentCalls {
  const { step } = o
  const open = new Map<string, AgentCall>()
  /** Some say of a call what it was when it is over, or was denied. */
  const ended = new Set<string>()
  return { take, get: call => open.get(call) ?? null, finish }

  function take(said: Extract<AgentSaid, { kind: 'call' | 'output' | 'result' }>): void {
    if (said.call === '' || said.call.length > MAX_ID_CHARACTERS)
      return o.keepRaw()
    if (ended.has(said.call))
      return
    switch (said.kind) {
      case 'call':
        return begin(said)
      case 'output':
        return write(open.get(said.call), said)
      case 'result':
        return end(open.get(said.call) ?? propose({ ...said, kind: 'call', tool: null, title: null, input: undefined, isStarted: true }), said)
    }
  }

  function begin(said: Extract<AgentSaid, { kind: 'call' }>): void {
    const call = open.get(said.call) ?? propose(said)
    call.title = said.title ?? call.title
    call.input = said.input ?? call.input
    if (said.isStarted && call.state === 'proposed')
      start(call)
  }

  function propose(said: Extract<AgentSaid, { kind: 'call' }>): AgentCall {
    const [oldest] = open.values()
    if (oldest && open.size >= MAX_OPEN_CALLS)
      end(oldest, { status: 'failed', text: `It was still open when ${MAX_OPEN_CALLS} others were.` })
    const tool = boundedLine(said.tool ?? 'tool', MAX_ID_CHARACTERS)
    const call: AgentCall = { id: said.call, tool, title: said.title ?? tool, input: said.input, state: 'proposed', told: '', startedAt: performance.now() }
    open.set(call.id, call)
    o.tell(newEvent('tool.proposed', { step, call: call.id, tool, input: boundedInput(said.input) }))
    return call
  }

  function start(call: AgentCall): void {
    call.state = 'started'
    call.startedAt = performance.now()
    o.tell(newEvent('tool.started', { step, call: call.id, tool: call.tool, command: commandOf(call) }))
  }

  function write(call: AgentCall | undefined, { as, text }: Extract<AgentSaid, { kind: 'output' }>): void {
    if (!call)
      return o.keepRaw()
    if (call.state === 'proposed')
      start(call)
    // One that says it all again has only its end said, as long as it does not begin otherwise.
    const fresh = as === 'piece' ? text : text.startsWith(call.told) ? text.slice(call.told.length) : `\n${text}`
    const fitting = fresh.slice(0, Math.max(0, MAX_OUTPUT_CHARACTERS - call.told.length))
    if (fitting.length < fresh.length)
      o.keepRaw()
    call.told += fitting
    if (fitting !== '')
      o.tell(newEvent('tool.output', { step, call: call.id, stream: 'stdout', text: fitting }))
  }

  function end(call: AgentCall, { status, text }: Pick<Extract<AgentSaid, { kind: 'result' }>, 'status' | 'text'>): void {
    if (call.state === 'proposed' && status !== 'denied')
      start(call)
    open.delete(call.id)
    ended.add(call.id)
    if (ended.size > MAX_OPEN_CALLS)
      ended.delete(ended.values().next().value!) // The oldest of many.
    const result = bounded(text ?? call.told, MAX_RESULT_CHARACTERS)
    if (result.isCut)
      o.keepRaw()
    o.tell(newEvent('tool.finished', { step, call: call.id, tool: call.tool, status, result: result.text, durationMs: Math.round(performance.now() - call.startedAt) }))
  }

  function boundedInput(input: unknown): unknown {
    const shown = storable(input ?? null)
    const text = JSON.stringify(shown)
    if (text.length <= MAX_INPUT_CHARACTERS)
      return shown
    o.keepRaw()
    return `[cut: ${text.length} characters of JSON] ${text.slice(0, MAX_INPUT_CHARACTERS)}`
  }

  function finish(why: string): void {
    for (const call of [...open.values()])
      end(call, { status: 'failed', text: call.told === '' ? why : `${call.told}\n${why}` })
  }
}

/** A shell's command itself, else what it is called. */
function commandOf({ title, input }: AgentCall): string {
  const { command } = (typeof input === 'object' && input !== null ? input : {}) as { command?: unknown } // Only looked at.
  const words = Array.isArray(command) ? command.join(' ') : command
  return bounded(typeof words === 'string' ? words : title, MAX_TITLE_CHARACTERS).text
}
