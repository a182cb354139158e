import { hkdfSync } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import { nanoid } from 'nanoid'

const DAY_S = 86_400
export const SESSION_S = 30 * DAY_S

export interface Session {
  id: string
  userId: string
  expiresAtMs: number
}

export interface Sessions {
  /** A signed token for the cookie. */
  issue: (userId: string) => Promise<string>
  /** The session that a token stands for; null when it is forged, too old or revoked. */
  read: (token: string) => Promise<Session | null>
  /** Ends one session before its time, until this server is started again. A new secret key ends all of them for good. */
  revoke: (sessionId: string) => void
}

/** Browser sessions: a token signed with a key that is derived from the data folder's secret, and kept nowhere. */
export function createSessions({ secretKey }: { secretKey: string }): Sessions {
  const key = new Uint8Array(hkdfSync('sha256', secretKey, '', 'agentos session', 32))
  const revoked = new Set<string>()
  return {
    issue: userId => new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(userId)
      .setJti(nanoid())
      .setIssuedAt()
      .setExpirationTime(`${SESSION_S}s`)
      .sign(key),

    async read(token) {
      try {
        const { payload: { sub, jti, exp } } = await jwtVerify(token, key, { algorithms: ['HS256'], requiredClaims: ['sub', 'jti', 'exp'] })
        return revoked.has(jti!) ? null : { id: jti!, userId: sub!, expiresAtMs: exp! * 1000 } // required above
      }
      catch {
        return null
      }
    },

    revoke: sessionId => void revoked.add(sessionId),
  }
}
