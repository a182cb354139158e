import type { IncomingMessage } from 'node:http'
import type { Redactor } from '../../domain/redact/redactor.ts'
import type { RequestFacts } from './request-facts.ts'
import type { WireFormat } from './route.ts'
import type { ErrorStatus } from './wire-error.ts'
import { Buffer } from 'node:buffer'
import { redactBytes } from './redact-bytes.ts'
import { BadRequestError, readRequest } from './request-facts.ts'

export type Body = { ok: true, body: Buffer, facts: RequestFacts, heldBytes: number } | { ok: false, status: ErrorStatus, problem: string }

/** How much all calls of one run together may hold of their requests. */
export interface Room {
  take: (bytes: number) => boolean
  give: (bytes: number) => void
}

export function createRoom(maxBytes: number): Room {
  let taken = 0
  return {
    take(bytes) {
      if (taken + bytes > maxBytes)
        return false
      taken += bytes
      return true
    },
    give: bytes => void (taken -= bytes),
  }
}

export interface BodyOptions {
  format: WireFormat
  maxBytes: number
  room: Room
  /** Takes out what a provider may not see. */
  redactor: Redactor
}

/** Reads and judges a request's body. What it holds is taken from `room`; the caller gives `heldBytes` back. */
export async function readBody(request: IncomingMessage, { format, maxBytes, room, redactor }: BodyOptions): Promise<Body> {
  const tooLarge = { ok: false, status: 413, problem: `The request is larger than ${maxBytes / 1024 / 1024} MiB.` } as const
  if (/[^,\s]/.test(request.headers['content-encoding'] ?? '') && request.headers['content-encoding'] !== 'identity')
    return { ok: false, status: 415, problem: 'Expected a body that is not compressed.' }
  if (Number(request.headers['content-length'] ?? 0) > maxBytes)
    return tooLarge

  const reader = readRequest(format)
  const redacted = redactBytes(redactor)
  const pieces: Buffer[] = []
  const keep = (piece: Buffer) => {
    pieces.push(piece)
    reader.push(piece)
  }
  let bytes = 0
  const giveBack = (refused: Extract<Body, { ok: false }>): Body => {
    room.give(bytes)
    return refused
  }
  try {
    // What is refused half-way is still to be answered. No encoding is set, so the pieces are buffers.
    for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      if (bytes + piece.length > maxBytes)
        return giveBack(tooLarge)
      if (!room.take(piece.length))
        return giveBack({ ok: false, status: 429, problem: 'The requests of this run that are under way are too large together; wait for one to end.' })
      bytes += piece.length
      keep(redacted.push(piece))
    }
    keep(redacted.end())
    return { ok: true, body: Buffer.concat(pieces), facts: reader.end(), heldBytes: bytes }
  }
  catch (error) {
    if (error instanceof BadRequestError)
      return giveBack({ ok: false, status: 400, problem: error.message })
    return giveBack({ ok: false, status: 408, problem: 'The request broke off.' })
  }
}
