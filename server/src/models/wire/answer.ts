import type { ModelAnswer, ModelDelta } from '../model-answer.ts'
import { parseToolInput } from '../tool-input.ts'

/** What a call came to, for the log. */
export interface WireAnswer extends Pick<ModelAnswer, 'text' | 'toolCalls' | 'usage'> {
  finish: ModelAnswer['finish'] | 'error'
  /** Why there is no whole answer, in a sentence; null when there is one. */
  error: string | null
}

/** Text, arguments and names of tools together; the agent gets all of it, the log the beginning. */
const MAX_CHARS = 1024 * 1024
const MAX_TOOL_CALLS = 200
const MAX_NAME_CHARS = 200

interface ToolSoFar { id: string, tool: string, input: unknown, json: string }

export type AnswerSoFar = ReturnType<typeof createAnswer>

/** Puts an answer together from what passes by. */
export function createAnswer(onDelta: (delta: ModelDelta) => void) {
  const tools = new Map<string | number | symbol, ToolSoFar>()
  let text = ''
  let room = MAX_CHARS
  let isCut = false
  let usage: WireAnswer['usage'] = { inputTokens: 0, outputTokens: 0 }
  let finish: ModelAnswer['finish'] | null = null
  let failure: string | null = null

  function within(piece: string): string {
    const kept = piece.slice(0, room)
    isCut ||= kept.length < piece.length
    room -= kept.length
    return kept
  }

  return {
    text(piece: string): void {
      const kept = within(piece)
      text += kept
      if (kept !== '')
        onDelta({ kind: 'text', text: kept })
    },
    reasoning(piece: string): void {
      const kept = within(piece)
      if (kept !== '')
        onDelta({ kind: 'reasoning', text: kept })
    },
    /** `key` is the same for all pieces of one call. `input` is what the format has parsed already, `json` a piece of its text. */
    tool(key: string | number | symbol, said: { id?: string | null, tool?: string | null, input?: unknown, json?: string | null }): void {
      const known = tools.get(key)
      if (!known && !said.tool)
        return // a piece of something else, such as a search that the provider does itself
      if (!known && tools.size === MAX_TOOL_CALLS)
        return void (isCut = true)
      const call = known ?? { id: '', tool: '', input: undefined, json: '' }
      tools.set(key, call)
      call.id ||= (said.id ?? '').slice(0, MAX_NAME_CHARS)
      call.tool ||= (said.tool ?? '').slice(0, MAX_NAME_CHARS)
      call.json += within(said.json ?? '')
      if (said.input !== undefined)
        call.input = fits(said.input) ? said.input : '[left out: too long]'
    },
    usage(said: Partial<WireAnswer['usage']>): void {
      usage = { ...usage, ...said }
    },
    finish(how: ModelAnswer['finish']): void {
      finish = how
    },
    /** The provider itself says that it failed. */
    fail(why: string): void {
      failure ??= why.slice(0, 1000)
    },
    hasFinished: () => finish !== null || failure !== null,
    failure: () => failure,
    result(): Omit<WireAnswer, 'error'> {
      const toolCalls = [...tools.values()].map(({ id, tool, input, json }, index) => ({ id: id || `call-${index + 1}`, tool, input: input ?? parseToolInput(json) }))
      return {
        text: isCut ? `${text}\n[cut: it was longer than the log keeps]` : text,
        toolCalls,
        usage,
        finish: failure !== null ? 'error' : finish === 'stop' && toolCalls.length > 0 ? 'tool_calls' : finish ?? 'other',
      }
    },
  }

  function fits(input: unknown): boolean {
    const size = JSON.stringify(input)?.length ?? 0
    if (size > room)
      return !(isCut = true)
    room -= size
    return true
  }
}
