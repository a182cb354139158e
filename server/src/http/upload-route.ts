import type { RequestHandler } from 'express'
import type { Readable } from 'node:stream'
import type { SignedIn } from '../auth/authenticate.ts'
import { sendError } from './errors.ts'
import { REFUSED_BODY_MS, signedInOf } from './guard.ts'

export interface UploadTarget {
  /** `problem` is what was expected instead. */
  save: (actor: SignedIn['actor'], source: Readable) => Promise<{ id: string, files: number, sizeBytes: number } | { problem: string }>
}

const MOST_BYTES = 512 * 1024 * 1024
const AT_A_TIME = 2
const UPLOAD_MS = 600_000

/** A folder as a tar, which a run may then start from as `upload:<id>`. Its body is read as it comes, and never whole in memory. */
export function uploadRoute(uploads: UploadTarget): RequestHandler {
  let underWay = 0
  return async (request, response) => {
    const refuse = (code: 'PAYLOAD_TOO_LARGE' | 'TOO_MANY_REQUESTS' | 'BAD_REQUEST', message: string) => {
      response.set('connection', 'close')
      sendError(response, code, message)
      request.resume()
      setTimeout(() => request.complete || request.destroy(), REFUSED_BODY_MS).unref()
    }
    if (Number(request.headers['content-length'] ?? 0) > MOST_BYTES)
      return refuse('PAYLOAD_TOO_LARGE', `an upload may have ${MOST_BYTES / 1024 / 1024} MiB at most`)
    if (underWay >= AT_A_TIME)
      return refuse('TOO_MANY_REQUESTS', 'others upload at this moment: try again when they have ended')
    underWay++
    const late = setTimeout(() => request.destroy(), UPLOAD_MS)
    try {
      const saved = await uploads.save(signedInOf(response).actor, request)
      if ('problem' in saved)
        refuse('BAD_REQUEST', `what was uploaded cannot be a workspace: ${saved.problem}`)
      else
        response.status(201).set('cache-control', 'no-store').json({ id: saved.id, workspace: `upload:${saved.id}`, files: saved.files, sizeBytes: saved.sizeBytes })
    }
    finally {
      clearTimeout(late)
      underWay--
    }
  }
}
