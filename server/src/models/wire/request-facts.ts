import type { JsonHandler } from './json-tokens.ts'
import type { OutputFacts } from './output-bounds.ts'
import type { WireFormat } from './route.ts'
import { readJsonTokens } from './json-tokens.ts'
import { collectOutput } from './output-bounds.ts'
import { collectToolNames } from './tool-names.ts'

/** What the gateway has to know of a request; the rest passes unread. */
export interface RequestFacts {
  model: string | null
  isStream: boolean
  /** Of chat: where the value of `stream_options` stands; null when it is not there. */
  streamOptions: { from: number, to: number } | null
  messages: number
  tools: string[]
  output: OutputFacts
}

/** The request cannot be judged, and is not sent on. */
export class BadRequestError extends Error {}

/** Names are what is read of a request. No schema of a tool has 500 levels, and a million values are about a second of work. */
const BOUNDS = { maxStringBytes: 1000, maxDepth: 500, maxValues: 1_000_000 }

/** Reads the body of a request as it comes. `push` and `end` throw a BadRequestError. */
export function readRequest(format: WireFormat): { push: (bytes: Uint8Array) => void, end: () => RequestFacts } {
  const output = collectOutput(format)
  const facts: RequestFacts = { model: null, isStream: false, streamOptions: null, messages: 0, tools: [], output: output.facts }
  const guard = createGuard(format)
  const tools = collectToolNames()
  /** What leads to where we are: a key, or [] in a list, for each level from 1. */
  const path: string[] = []
  let depth = 0

  function see(kind: 'object' | 'array' | 'word', value: unknown, from: number, to: number): void {
    if (depth === 0 && kind !== 'object')
      throw new BadRequestError('Expected a JSON object.')
    if (depth === 1)
      guard.value(path[1]!, kind === 'word' ? value : kind === 'object' ? {} : [])
    if (depth === 1)
      keep(path[1]!, value, { from, to })
    if (depth === 1 || depth === 2)
      output.value(path.slice(1, depth + 1).join('.'), value, from, to)
    // A single message may stand by itself, outside of a list.
    if (kind !== 'array' && depth > 0 && MESSAGES.has(path[1]!) && (depth === 1 || (depth === 2 && path[2] === '[]')))
      facts.messages++
    if (path[1] === 'tools' && depth >= 2 && depth <= 5)
      tools.see(path.slice(2, depth + 1).join('.'), value)
  }

  function keep(name: string, value: unknown, span: { from: number, to: number }): void {
    if (name === 'model')
      facts.model = String(value)
    if (name === 'stream')
      facts.isStream = value === true
    if (name === 'stream_options')
      facts.streamOptions = span
  }

  const handler: JsonHandler = {
    open(kind, from) {
      see(kind, undefined, from, from)
      depth++
      path[depth] = kind === 'array' ? '[]' : ''
    },
    close(to) {
      depth--
      if (depth === 1 && path[1] === 'stream_options' && facts.streamOptions) {
        facts.streamOptions.to = to
        if (to - facts.streamOptions.from > MAX_STREAM_OPTIONS_BYTES)
          throw new BadRequestError(`Expected "stream_options" of at most ${MAX_STREAM_OPTIONS_BYTES} bytes.`)
      }
      if (depth === 2 && path[1] === 'tools')
        tools.endTool()
    },
    key(name) {
      path[depth] = name
      if (depth === 1)
        guard.key(name)
      const problem = depth <= 2 ? output.key(path.slice(1, depth + 1).join('.')) : null
      if (problem !== null)
        throw new BadRequestError(problem)
      if (depth === 3 && path[1] === 'tools')
        tools.key(name)
    },
    value: (value, from, to) => see('word', value, from, to),
  }

  const tokens = readJsonTokens(handler, BOUNDS)
  return {
    push: bytes => asBadRequest(() => tokens.push(bytes)),
    end() {
      asBadRequest(tokens.end)
      return { ...facts, tools: tools.names }
    },
  }
}

/** Of a body that is whole. */
export function factsOf(format: WireFormat, body: Uint8Array): RequestFacts {
  const reader = readRequest(format)
  reader.push(body)
  return reader.end()
}

const MAX_STREAM_OPTIONS_BYTES = 1000

const MESSAGES = new Set(['messages', 'contents', 'input'])

type Expected = Record<string, { means: string, isRight: (value: unknown) => boolean }>

const MODEL = { means: 'a string', isRight: (value: unknown) => typeof value === 'string' }
const STREAM = { means: 'true or false', isRight: (value: unknown) => typeof value === 'boolean' || value === null }

const LENGTH = { means: 'a whole number from 1', isRight: (value: unknown) => value === null || (Number.isSafeInteger(value) && Number(value) >= 1) }
/** Of others nobody here knows the price. */
const TIER = { means: 'auto, default, flex or standard_only', isRight: (value: unknown) => value === null || ['auto', 'default', 'flex', 'standard_only'].includes(String(value)) }

const GUARDED: Record<WireFormat, Expected> = {
  chat: { model: MODEL, stream: STREAM, stream_options: { means: 'a mapping', isRight: value => typeof value === 'object' && !Array.isArray(value) }, max_tokens: LENGTH, max_completion_tokens: LENGTH, n: LENGTH, service_tier: TIER },
  responses: { model: MODEL, stream: STREAM, background: { means: 'false, because an answer in the background could not be counted,', isRight: value => value === false || value === null }, max_output_tokens: LENGTH, service_tier: TIER },
  messages: { model: MODEL, stream: STREAM, max_tokens: LENGTH, service_tier: TIER },
  gemini: { model: MODEL },
}

/**
 * Keys that decide what is called and how it is counted. A provider may read them in other letters or take the first of two, so each
 * stands once and exactly so, with a value of its kind: what is judged here is what is done there.
 */
function createGuard(format: WireFormat): { key: (name: string) => void, value: (name: string, value: unknown) => void } {
  const guarded = GUARDED[format]
  const seen = new Set<string>()
  return {
    key(name) {
      const meant = name.normalize('NFKC').toLowerCase()
      if (!Object.hasOwn(guarded, meant))
        return
      if (meant !== name)
        throw new BadRequestError(`Expected ${JSON.stringify(meant)}, got ${JSON.stringify(name)}: this key is written in exactly these letters.`)
      if (seen.has(name))
        throw new BadRequestError(`Expected ${JSON.stringify(name)} once, got it twice.`)
      seen.add(name)
    },
    value(name, value) {
      const expected = Object.hasOwn(guarded, name) ? guarded[name]! : null
      if (expected && !expected.isRight(value))
        throw new BadRequestError(`Expected ${expected.means} as ${JSON.stringify(name)}.`)
    },
  }
}

function asBadRequest(read: () => void): void {
  try {
    read()
  }
  catch (error) {
    if (error instanceof SyntaxError)
      throw new BadRequestError(`The body is no JSON that is understood here: ${error.message}.`)
    throw error
  }
}
