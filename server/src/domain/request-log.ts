import { z } from 'zod'

/** A piece of a request: a value of its own (`key`), or one of a list (`of`). */
const part = z.union([z.object({ of: z.string(), value: z.unknown() }), z.object({ key: z.string(), value: z.unknown() })])
export type RequestPart = z.infer<typeof part>

const artifact = z.object({ artifact: z.string(), sha256: z.string() })

/**
 * What a model was asked, whole, with no piece written twice: pieces are numbered as they first appear in an attempt, and `parts` names those
 * of this request in their order ("0-12,14"). `added` are the new ones, or where they are when they are large. `isFirst`: numbers begin anew.
 * `whole`: a request that is too large to be taken apart stands as it was sent in an artifact.
 */
export const askedOf = z.union([
  z.object({ isFirst: z.boolean(), parts: z.string(), added: z.union([z.array(part), artifact]) }),
  z.object({ whole: artifact }),
])
export type Asked = z.infer<typeof askedOf>

/** Puts the requests of a run together again, one after another. `textOf` gives the text of an artifact. */
export function createRequestReader(textOf: (artifact: string) => Promise<string>): (asked: Asked) => Promise<Record<string, unknown>> {
  const known: RequestPart[] = []
  return async (asked) => {
    if ('whole' in asked)
      return JSON.parse(await textOf(asked.whole.artifact))
    if (asked.isFirst)
      known.length = 0
    known.push(...Array.isArray(asked.added) ? asked.added : z.array(part).parse(JSON.parse(await textOf(asked.added.artifact))))
    const request: Record<string, unknown> = {}
    for (const number of fromRanges(asked.parts))
      place(request, known[number]!) // each was written before it was named
    return request
  }
}

function place(request: Record<string, unknown>, part: RequestPart): void {
  if ('key' in part) {
    request[part.key] = part.value
    return
  }
  const list = request[part.of] as unknown[] | undefined // made here alone
  if (list)
    list.push(part.value)
  else
    request[part.of] = [part.value]
}

/** A request in its pieces. A list that is empty has none, and is not told from one that is missing. */
export function partsOf(request: Record<string, unknown>): RequestPart[] {
  return Object.entries(request).flatMap(([key, value]): RequestPart[] =>
    Array.isArray(value) ? value.map(item => ({ of: key, value: item as unknown })) : [{ key, value }])
}

/** [0, 1, 2, 5] is "0-2,5". */
export function toRanges(numbers: number[]): string {
  const ranges: [number, number][] = []
  for (const number of numbers) {
    const last = ranges.at(-1)
    if (last && number === last[1] + 1)
      last[1] = number
    else
      ranges.push([number, number])
  }
  return ranges.map(([from, to]) => from === to ? `${from}` : `${from}-${to}`).join(',')
}

function fromRanges(text: string): number[] {
  return text.split(',').filter(Boolean).flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number)
    return Array.from({ length: to - from + 1 }, (_, index) => from + index)
  })
}
