import { z } from 'zod'
import { ISOLATION_LEVELS, parseStatus, RUN_STATUSES } from '../domain/run.ts'

/** The words that procedures share. Everything that comes in has a bound. */

const DAY_MS = 86_400_000

export const word = z.string().trim().min(1).max(128)
export const source = z.string().max(1_000_000, 'a manifest may have 1 MB at most')
export const task = z.string().max(100_000, 'a task may have 100 kB at most')
/** Of a file in a workspace. Not trimmed: a name may begin with a space. */
export const path = z.string().min(1).max(8192)
export const folder = z.string().min(1).max(4096)
export const isolation = z.enum(ISOLATION_LEVELS)
export const timeMs = z.int().min(100).max(30 * DAY_MS)
export const delayMs = z.int().min(0).max(365 * DAY_MS)

/** `completed` and `stopped` are the prototype's words for succeeded and cancelled. */
export const status = z.string().max(32).transform((value, context) => {
  const known = parseStatus(value)
  if (known)
    return known
  context.addIssue({ code: 'custom', message: `expected one of ${RUN_STATUSES.join(', ')}, got ${JSON.stringify(value)}` })
  return z.NEVER
})
export const statuses = z.array(status).max(16)

export const inputs = z.record(z.string().max(100), z.union([z.string().max(100_000), z.number(), z.boolean()]))
  .refine(given => Object.keys(given).length <= 100, 'at most 100 inputs')

/** The seq after which a reader wants to go on. */
export const after = z.int().min(0)
/** What `tracked` handed out last; a string, because that is what the protocol carries. */
export const lastEventId = z.string().max(16).regex(/^\d+$/, 'expected a seq, such as "120"').transform(Number)
