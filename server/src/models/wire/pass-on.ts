import type { ServerResponse } from 'node:http'
import type { Redactor } from '../../domain/redact/redactor.ts'
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { redactBytes } from './redact-bytes.ts'
import { createUsageHider } from './sse.ts'

export interface PassOn {
  from: ReadableStream<Uint8Array> | null
  to: ServerResponse
  /** Takes the key out. */
  redactor: Redactor
  hidesUsage: boolean
  /** Sees all that comes, with the key taken out. */
  see: (bytes: Buffer) => void
  heard: () => void
  bounds: { slowReaderMs: number, maxAnswerBytes: number }
  signal: AbortSignal
}

/** The agent does not read: what it does not take is not asked for. */
export class SlowReaderError extends Error {}

/** Carries a body through at the pace of whoever reads it. Rejects when either side breaks off; the end of `to` is the caller's. */
export async function passOn({ from, to, redactor, hidesUsage, see, heard, bounds, signal }: PassOn): Promise<void> {
  const redacted = redactBytes(redactor)
  const hider = hidesUsage ? createUsageHider() : null
  let bytes = 0

  async function give(piece: Buffer): Promise<void> {
    see(piece)
    for (const part of hider ? hider.push(piece) : [piece])
      await write(part)
  }

  async function write(part: Buffer): Promise<void> {
    if (part.length === 0 || to.write(part))
      return
    const late = AbortSignal.timeout(bounds.slowReaderMs)
    await once(to, 'drain', { signal: AbortSignal.any([signal, late]) }).catch((error: unknown) => {
      throw late.aborted && !signal.aborted ? new SlowReaderError(`The agent did not read its answer for ${bounds.slowReaderMs / 1000} s.`) : error
    })
  }

  for await (const chunk of from ?? []) {
    heard()
    bytes += chunk.byteLength
    if (bytes > bounds.maxAnswerBytes)
      throw new Error(`the answer is larger than ${bounds.maxAnswerBytes / 1024 / 1024} MiB`)
    await give(redacted.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)))
    heard()
  }
  await give(redacted.end())
  for (const part of hider?.end() ?? [])
    await write(part)
}
