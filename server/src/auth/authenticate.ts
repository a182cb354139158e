import type { IncomingHttpHeaders } from 'node:http'
import type { Actor } from '../store/actor.ts'
import type { Sessions } from './sessions.ts'
import { parseCookie } from 'cookie'
import { isSameSecret } from './compare.ts'

export const SESSION_COOKIE = 'agentos_session'

/** Who sent a request, and by what. */
export interface SignedIn {
  actor: Actor
  by: Proof
}

export type Proof
  /** A browser: its requests carry the cookie by themselves, so they must also prove their origin. */
  = | { kind: 'session', sessionId: string, expiresAtMs: number }
  /** A program that knows the data folder's credential. */
    | { kind: 'credential' }

export interface Carrier { headers: Pick<IncomingHttpHeaders, 'authorization' | 'cookie'> }

/** The seam that accounts will fill: a request goes in, who sent it comes out, or null. */
export type Authenticate = (request: Carrier) => Promise<SignedIn | null>

export function createAuthenticate({ owner, credential, sessions }: { owner: Actor, credential: string, sessions: Sessions }): Authenticate {
  return async ({ headers }) => {
    const bearer = bearerOf(headers.authorization)
    // A request that names a credential stands or falls with it; its cookie does not count.
    if (bearer !== null)
      return isSameSecret(bearer, credential) ? { actor: owner, by: { kind: 'credential' } } : null

    const token = headers.cookie ? parseCookie(headers.cookie)[SESSION_COOKIE] : undefined
    const session = token ? await sessions.read(token) : null
    if (!session || session.userId !== owner.userId)
      return null
    return { actor: owner, by: { kind: 'session', sessionId: session.id, expiresAtMs: session.expiresAtMs } }
  }
}

/** What follows `Bearer`; null when the header says something else or is not there. */
export function bearerOf(authorization: string | undefined): string | null {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? null
}
