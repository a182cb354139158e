import type { CookieOptions, Router } from 'express'
import type { Attempts } from '../auth/attempts.ts'
import type { Authenticate } from '../auth/authenticate.ts'
import type { Sessions } from '../auth/sessions.ts'
import type { SignInTokens } from '../auth/sign-in-tokens.ts'
import type { OriginRules } from './origin.ts'
import express from 'express'
import { SESSION_COOKIE } from '../auth/authenticate.ts'
import { SESSION_S } from '../auth/sessions.ts'
import { sendError } from './errors.ts'
import { requireSignedIn, signedInOf } from './guard.ts'

export interface SessionRoutes {
  ownerId: string
  publicUrl: string | null
  authenticate: Authenticate
  sessions: Sessions
  tokens: SignInTokens
  attempts: Attempts
  rules: OriginRules
  /** Closes the sockets that a session has opened. */
  closeSockets: (sessionId: string) => void
}

/** POST /api/session { token } signs a browser in by a one-time link; DELETE /api/session signs it out. */
export function sessionRoutes({ ownerId, publicUrl, authenticate, sessions, tokens, attempts, rules, closeSockets }: SessionRoutes): Router {
  const cookie: CookieOptions = { httpOnly: true, sameSite: 'lax', secure: publicUrl?.startsWith('https://') ?? false, path: '/' }
  const routes = express.Router()

  routes.post('/', async (request, response, next) => {
    const waitS = await attempts.waitS(request.ip ?? '')
    if (waitS === 0)
      return next()
    response.set('retry-after', String(waitS))
    sendError(response, 'TOO_MANY_REQUESTS', `too many failed sign-ins from this address: try again in ${Math.ceil(waitS / 60)} min`)
  }, express.json({ limit: '16kb' }), async (request, response) => {
    const { token } = (request.body ?? {}) as { token?: unknown }
    if (typeof token !== 'string')
      return sendError(response, 'BAD_REQUEST', 'expected a JSON body { "token": "…" } with the token of the one-time link')
    if (!tokens.redeem(token)) {
      await attempts.failed(request.ip ?? '')
      return sendError(response, 'UNAUTHORIZED', 'this link was used already, or is of an earlier start: the server prints a fresh one when it starts')
    }
    response.cookie(SESSION_COOKIE, await sessions.issue(ownerId), { ...cookie, maxAge: SESSION_S * 1000 })
    response.status(204).end()
  })

  routes.delete('/', requireSignedIn(authenticate, rules), (_request, response) => {
    const { by } = signedInOf(response)
    if (by.kind === 'session') {
      sessions.revoke(by.sessionId)
      closeSockets(by.sessionId)
    }
    response.clearCookie(SESSION_COOKIE, cookie)
    response.status(204).end()
  })

  return routes
}
