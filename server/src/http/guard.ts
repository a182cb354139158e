import type { RequestHandler, Response } from 'express'
import type { Authenticate, SignedIn } from '../auth/authenticate.ts'
import type { OriginRules } from './origin.ts'
import { sendError } from './errors.ts'

export const BODY_BYTES = 2 * 1024 * 1024
/** How long a client may go on sending a body that was refused before its socket is cut. */
export const REFUSED_BODY_MS = 5_000

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS']

/** A wrong Host ends here, whatever is asked for. */
export function requireOurHost(rules: OriginRules): RequestHandler {
  return (request, response, next) => rules.isOurHost(request)
    ? next()
    : sendError(response, 'FORBIDDEN', `this server is not called ${JSON.stringify(request.headers.host ?? '')}: use its address, or set AGENTOS_PUBLIC_URL to what people open`)
}

/** A page of another origin may not change anything here, signed in or not. */
export function refuseForeignOrigin(rules: OriginRules): RequestHandler {
  return (request, response, next) => SAFE_METHODS.includes(request.method) || rules.originOf(request) !== 'foreign'
    ? next()
    : sendError(response, 'FORBIDDEN', `a page of ${request.headers.origin} may not change anything here`)
}

/** Before anything of the body is read. A cookie comes by itself, so a mutation that rides on one must say its origin. */
export function requireSignedIn(authenticate: Authenticate, rules: OriginRules): RequestHandler {
  return async (request, response, next) => {
    const signedIn = await authenticate(request)
    if (!signedIn)
      return sendError(response, 'UNAUTHORIZED', 'sign in first: open the link that `npm start` printed, or send the credential of the data folder')
    if (signedIn.by.kind === 'session' && !SAFE_METHODS.includes(request.method) && rules.originOf(request) !== 'same')
      return sendError(response, 'FORBIDDEN', 'a request with a cookie must carry the Origin header of this server')
    response.locals.signedIn = signedIn
    next()
  }
}

/** Who `requireSignedIn` found. */
export function signedInOf(response: Response): SignedIn {
  return response.locals.signedIn as SignedIn // set by requireSignedIn, which stands before every caller
}

/** A body that says that it is too large is not read. */
export const limitBody: RequestHandler = (request, response, next) => {
  if (Number(request.headers['content-length'] ?? 0) <= BODY_BYTES)
    return next()
  sendError(response, 'PAYLOAD_TOO_LARGE', `a request may have ${BODY_BYTES / 1024 / 1024} MB at most`)
  request.resume()
  setTimeout(() => request.complete || request.destroy(), REFUSED_BODY_MS).unref()
}
