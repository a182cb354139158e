import type { ModelTimeouts } from '../watch-silence.ts'

/** What one run may ask of the wire. */
export interface WireBounds extends ModelTimeouts {
  maxBodyBytes: number
  /** Of all requests that are under way. */
  maxWaitingBytes: number
  maxAnswerBytes: number
  maxConcurrent: number
  maxCalls: number
  maxConnections: number
  /** For the head of a request, and for all of it. */
  headersTimeoutMs: number
  requestTimeoutMs: number
  /** How long an agent may leave its answer unread. */
  slowReaderMs: number
}

const MIB = 1024 * 1024

export const WIRE_BOUNDS: WireBounds = {
  maxBodyBytes: 32 * MIB,
  maxWaitingBytes: 64 * MIB,
  maxAnswerBytes: 64 * MIB,
  maxConcurrent: 16,
  maxCalls: 10_000,
  maxConnections: 64,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 120_000,
  slowReaderMs: 60_000,
  // As for the loop's own calls.
  firstByteMs: 300_000,
  idleMs: 120_000,
}
