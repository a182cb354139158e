import { z } from 'zod'
import { DURATION_PATTERN, formatDuration, formatSize, MONEY_PATTERN, parseDuration, parseMoney, parseSize, SIZE_PATTERN } from './units.ts'

/**
 * The schema's quantities, each read into its unit and held to sane bounds. The `error` text of every schema here says
 * what was expected; expected.ts turns it into a problem.
 */

export function duration(minMs: number, maxMs: number) {
  const error = `a duration such as 90s, 5m or 2h, from ${formatDuration(minMs)} to ${formatDuration(maxMs)}`
  return z.string({ error }).regex(DURATION_PATTERN, { error }).transform((text, context) => bounded(parseDuration(text), minMs, maxMs, error, context))
}

export function size(minBytes: number, maxBytes: number) {
  const error = `a size such as 512MiB or 2GB, from ${formatSize(minBytes)} to ${formatSize(maxBytes)}`
  return z.string({ error }).regex(SIZE_PATTERN, { error }).transform((text, context) => bounded(parseSize(text), minBytes, maxBytes, error, context))
}

export function money(maxUsd: number) {
  const error = `an amount such as $1.50, above $0 and at most $${maxUsd}`
  return z.string({ error }).regex(MONEY_PATTERN, { error }).transform((text, context) => bounded(parseMoney(text), 0.000001, maxUsd, error, context))
}

export function whole(min: number, max: number) {
  const error = `a whole number from ${min} to ${max}`
  return z.int({ error }).min(min, { error }).max(max, { error })
}

export function number(min: number, max: number) {
  const error = `a number from ${min} to ${max}`
  return z.number({ error }).min(min, { error }).max(max, { error })
}

/** Some text that is not blank. */
export function text(maxLength: number, what = 'a text') {
  return z.string({ error: what }).max(maxLength, { error: `${what} of at most ${maxLength} characters` }).refine(isPrintable, { error: `${what} without control characters` })
}

export function filled(maxLength: number, what = 'a text that is not empty') {
  return text(maxLength, what).regex(/\S/, { error: what })
}

/** `expression` has no flags: it becomes a pattern of JSON Schema, which knows none. */
export function pattern(expression: RegExp, what: string) {
  return z.string({ error: what }).regex(expression, { error: what })
}

export function oneOf<const T extends readonly [string, ...string[]]>(words: T) {
  return z.enum(words, { error: `one of ${words.join(', ')}` })
}

export function flag() {
  return z.boolean({ error: 'true or false' })
}

export function list<T extends z.ZodType>(item: T, what: string, max = 100) {
  return z.array(item, { error: what }).max(max, { error: `at most ${max} entries` })
}

function bounded(value: number | null, min: number, max: number, error: string, context: z.RefinementCtx): number {
  if (value !== null && value >= min && value <= max)
    return value
  context.addIssue({ code: 'custom', message: error })
  return z.NEVER
}

/** NUL cannot be handed to a process at all; the others only ever hide something. */
function isPrintable(value: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what this looks for
  return !/[\u0000-\u0008\v\f\u000E-\u001F\u007F]/.test(value)
}
