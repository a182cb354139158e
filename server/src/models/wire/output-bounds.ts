import type { WireFormat } from './route.ts'
import { Buffer } from 'node:buffer'

/** What a request says of how long its answer may be, and where it says it. */
export interface OutputFacts {
  /** The longest answer that is asked for; null: it does not say. */
  asked: number | null
  /** So many answers at once. */
  answers: number
  /** Where the longest answer stands; more than once where a format has two words for it. */
  spans: { from: number, to: number }[]
  /** Gemini: where the mapping begins that says it. */
  configFrom: number | null
  /** It goes on from what lies at the provider, whose length nobody here knows. */
  hasUnseen: boolean
}

const LENGTH: Record<WireFormat, string[]> = {
  chat: ['max_completion_tokens', 'max_tokens'],
  responses: ['max_output_tokens'],
  messages: ['max_tokens'],
  gemini: ['generationConfig.maxOutputTokens'],
}
const ANSWERS = new Set(['n', 'generationConfig.candidateCount'])
const UNSEEN: Record<WireFormat, string[]> = { chat: [], responses: ['previous_response_id', 'conversation', 'prompt'], messages: ['container'], gemini: ['cachedContent', 'cached_content'] }

export function collectOutput(format: WireFormat) {
  const facts: OutputFacts = { asked: null, answers: 1, spans: [], configFrom: null, hasUnseen: false }
  const seen = new Set<string>()
  return {
    facts,
    /** `path`: keys from the top, joined by dots. Returns what is wrong with a key. */
    key(path: string): string | null {
      if (format !== 'gemini')
        return null
      const exact = GEMINI_KEYS.find(one => plain(one) === plain(path))
      if (exact === undefined)
        return null
      if (exact !== path)
        return `Expected ${JSON.stringify(exact)}, got ${JSON.stringify(path)}: this key is written in exactly these letters.`
      if (seen.has(path))
        return `Expected ${JSON.stringify(path)} once, got it twice.`
      seen.add(path)
      return null
    },
    value(path: string, value: unknown, from: number, to: number): void {
      if (UNSEEN[format].includes(path) && value !== null)
        facts.hasUnseen = true
      if (format === 'gemini' && path === 'generationConfig' && value === undefined)
        facts.configFrom = from
      if (ANSWERS.has(path) && isCount(value))
        facts.answers = value
      if (LENGTH[format].includes(path)) {
        facts.spans.push({ from, to })
        if (isCount(value))
          facts.asked = Math.min(facts.asked ?? Infinity, value)
      }
    },
  }
}

const GEMINI_KEYS = ['generationConfig', 'generationConfig.maxOutputTokens', 'generationConfig.candidateCount']

function plain(path: string): string {
  return path.normalize('NFKC').toLowerCase().replaceAll('_', '')
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1
}

interface Bound { format: WireFormat, model: string, maxOutputTokens: number }

/** The same request, which asks for no longer an answer than that. All else of it stays as it was written, byte by byte. */
export function boundOutput(body: Buffer, { asked, spans, configFrom }: OutputFacts, { format, model, maxOutputTokens }: Bound): Buffer {
  if (asked !== null && asked <= maxOutputTokens)
    return body
  if (spans.length > 0) {
    return spans.toSorted((a, b) => b.from - a.from)
      .reduce((done, { from, to }) => splice(done, from, to, String(maxOutputTokens)), body)
  }
  const start = body.indexOf('{') + 1
  if (format === 'gemini') {
    return configFrom === null
      ? splice(body, start, start, `"generationConfig":{"maxOutputTokens":${maxOutputTokens}}${comma(body, start)}`)
      : splice(body, configFrom + 1, configFrom + 1, `"maxOutputTokens":${maxOutputTokens}${comma(body, configFrom + 1)}`)
  }
  // OpenAI's newer models know the first word alone; what imitates it mostly the second.
  const [first, second = first] = LENGTH[format]
  const key = model.startsWith('openai/') ? first : second
  return splice(body, start, start, `"${key}":${maxOutputTokens}${comma(body, start)}`)
}

/** Before what comes next in a mapping, unless it is empty. */
function comma(body: Buffer, at: number): string {
  return /^\s*\}/.test(body.toString('latin1', at, at + 1000)) ? '' : ','
}

function splice(body: Buffer, from: number, to: number, text: string): Buffer {
  return Buffer.concat([body.subarray(0, from), Buffer.from(text), body.subarray(to)])
}
