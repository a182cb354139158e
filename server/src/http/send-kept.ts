import type { Request, Response } from 'express'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** Bytes that are kept, as the store hands them out. */
export interface KeptBytes {
  sizeBytes: number
  stream: (range?: { start: number, end: number }) => Readable
}

export interface KeptAbout { name: string, type: string, sha256: string }

/** Bytes that an agent wrote: to be saved and never to be shown by a browser. One range of them when one is asked for. */
export async function sendKept(request: Request, response: Response, kept: KeptBytes, { name, type, sha256 }: KeptAbout): Promise<void> {
  asSaved(response, name, type)
  response.set({ 'etag': `"${sha256}"`, 'accept-ranges': 'bytes' })
  if (request.fresh)
    return void response.status(304).end()
  const ranges = kept.sizeBytes > 0 ? request.range(kept.sizeBytes, { combine: true }) : undefined
  const range = Array.isArray(ranges) && ranges.type === 'bytes' && ranges.length === 1 ? ranges[0] : undefined
  if (ranges === -1)
    return void response.status(416).set('content-range', `bytes */${kept.sizeBytes}`).end()
  if (range)
    response.status(206).set('content-range', `bytes ${range.start}-${range.end}/${kept.sizeBytes}`)
  response.set('content-length', String(range ? range.end - range.start + 1 : kept.sizeBytes))
  if (request.method === 'HEAD')
    return void response.end()
  await sendStream(kept.stream(range), response)
}

/** Whatever it is, a browser saves it, asks again each time, and would run nothing of it. */
export function asSaved(response: Response, name: string, type: string): void {
  response.attachment(name) // sets a type by the name, which the next lines replace
  response.set({
    'content-type': type,
    'content-security-policy': 'default-src \'none\'; sandbox',
    'cache-control': 'private, no-cache',
  })
}

/** One who goes away stops the reading; what breaks in the middle cuts the answer, so that nobody takes it for whole. */
export async function sendStream(source: Readable, response: Response): Promise<void> {
  await pipeline(source, response).catch(() => response.destroy())
}
