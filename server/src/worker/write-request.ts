import type { Artifacts } from '../artifacts/artifacts.ts'
import type { NewEvent } from '../domain/event.ts'
import type { Asked } from '../domain/request-log.ts'
import type { RunRef } from '../store/run-append.ts'
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { event } from '../domain/event.ts'
import { partsOf, toRanges } from '../domain/request-log.ts'

/** What the log is to say of requests to models, so that each can be put together again. Secrets have been taken out before. */
export interface RequestWriter {
  /** Resolves with what stands in `model.requested`, and the events that go before it. Never rejects. */
  write: (step: number, request: Record<string, unknown>) => Promise<Written>
  /** The same of a body as a program sent it. */
  writeBody: (step: number, body: Buffer) => Promise<Written>
}

/** `asked` is null when it could not be kept, which the events say. */
export interface Written { asked: Asked | null, events: NewEvent[] }

/** New pieces of this size and more go beside the log. */
const INLINE_CHARACTERS = 32 * 1024
/** A larger body is kept as it is: to take it apart would hold up everybody. */
const MAX_PARSED_BYTES = 2 * 1024 * 1024
/** Of one attempt. */
const MAX_KEPT_BYTES = 256 * 1024 * 1024
const MAX_PARTS = 20_000

export function createRequestWriter({ ref, artifacts }: { ref: RunRef, artifacts: Pick<Artifacts, 'save'> }): RequestWriter {
  const known = new Map<string, number>()
  let keptBytes = 0
  let files = 0
  let last: Promise<unknown> = Promise.resolve()

  /** One after another: a piece has its number before another request names it. */
  function inTurn(work: () => Promise<Written>): Promise<Written> {
    const done = last.then(work)
    last = done
    return done
  }

  async function writeParts(step: number, request: Record<string, unknown>): Promise<Written> {
    if (known.size > MAX_PARTS)
      known.clear()
    const isFirst = known.size === 0
    const added: ReturnType<typeof partsOf> = []
    const numbers = partsOf(request).map((part) => {
      const hash = createHash('sha256').update(JSON.stringify(part)).digest('base64')
      const number = known.get(hash) ?? known.size
      if (number === known.size) {
        known.set(hash, number)
        added.push(part)
      }
      return number
    })
    const parts = toRanges(numbers)
    const text = JSON.stringify(added)
    if (text.length < INLINE_CHARACTERS)
      return { asked: { isFirst, parts, added }, events: [] }
    const kept = await keep(step, Buffer.from(text))
    if (!kept.artifact)
      known.clear() // what is not kept cannot be named later
    return { asked: kept.artifact && { isFirst, parts, added: kept.artifact }, events: kept.events }
  }

  async function writeWhole(step: number, body: Buffer): Promise<Written> {
    const { artifact, events } = await keep(step, body)
    return { asked: artifact && { whole: artifact }, events }
  }

  async function keep(step: number, bytes: Buffer): Promise<{ artifact: { artifact: string, sha256: string } | null, events: NewEvent[] }> {
    const name = `request-${ref.attempt}-${++files}.json`
    try {
      if (keptBytes + bytes.length > MAX_KEPT_BYTES)
        throw new Error(`requests of this attempt have filled ${MAX_KEPT_BYTES / 1024 / 1024} MiB already`)
      keptBytes += bytes.length
      const saved = await artifacts.save(ref, { name, step, mediaType: 'text/plain', isWhole: true }, Readable.from([bytes]), bytes.length)
      const { mediaType, sha256, sizeBytes, isWhole } = saved
      return { artifact: { artifact: name, sha256 }, events: [event('artifact.saved', { name, step, mediaType, sha256, sizeBytes, isWhole })] }
    }
    catch (error) {
      return { artifact: null, events: [event('artifact.lost', { name, step, detail: error instanceof Error ? error.message : String(error) })] }
    }
  }

  return {
    write: (step, request) => inTurn(() => writeParts(step, request)),
    writeBody(step, body) {
      const request = body.length <= MAX_PARSED_BYTES ? parsed(body) : null
      return inTurn(() => request ? writeParts(step, request) : writeWhole(step, body))
    },
  }
}

function parsed(body: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body.toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : null // a JSON object
  }
  catch {
    return null // kept as it is
  }
}
