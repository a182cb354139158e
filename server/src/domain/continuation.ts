import { z } from 'zod'

/** What a provider said of a part of its answer, for itself alone: signatures, encrypted thoughts. Nobody here reads it. */
const opaque = z.record(z.string(), z.record(z.string(), z.unknown()))

const part = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('reasoning'), text: z.string(), opaque: opaque.optional() }),
  /** So many characters of the answer's text, one text after another. */
  z.object({ kind: z.literal('text'), characters: z.int().min(0), opaque: opaque.optional() }),
  z.object({ kind: z.literal('call'), id: z.string(), opaque: opaque.optional() }),
])

/**
 * What the provider wants back with the next turn, beside text and calls: the parts of its answer in their order. It goes to the same model
 * alone; another one is told text and calls.
 */
export const continuation = z.object({ model: z.string(), parts: z.array(part).max(10_000) })

export type Continuation = z.infer<typeof continuation>
export type AnswerPart = z.infer<typeof part>
