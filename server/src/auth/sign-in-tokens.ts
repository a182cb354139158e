import { createHash, randomBytes } from 'node:crypto'

/** More than this many links that nobody has opened are not kept; the oldest goes. */
const OPEN_LINKS = 32

export interface SignInTokens {
  mint: () => string
  /** True once for each token that was minted here. */
  redeem: (token: string) => boolean
}

/** One-time tokens: 256 random bits each, valid until used or until the server stops. Only their digests are kept. */
export function createSignInTokens(): SignInTokens {
  const open = new Set<string>()
  return {
    mint() {
      const token = randomBytes(32).toString('base64url')
      open.add(digest(token))
      if (open.size > OPEN_LINKS)
        open.delete(open.values().next().value!) // there are more than OPEN_LINKS of them
      return token
    },
    redeem: token => open.delete(digest(token)),
  }
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
