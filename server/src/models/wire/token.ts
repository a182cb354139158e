import type { IncomingMessage } from 'node:http'
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** What a sandbox has in place of a provider's key: 256 bits that are good for one run and open nothing else. */
export function newToken(): string {
  return `agentos-run-${randomBytes(32).toString('base64url')}`
}

/** Does the request show `token` in one of the places where the vendors' clients put their key? */
export function showsToken({ headers, url = '' }: Pick<IncomingMessage, 'headers' | 'url'>, token: string): boolean {
  const query = url.includes('?') ? new URLSearchParams(url.slice(url.indexOf('?') + 1)) : null
  const shown = [
    /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1],
    headers['x-api-key'],
    headers['x-goog-api-key'],
    query?.get('key'),
  ]
  return shown.some(value => typeof value === 'string' && isSame(value, token))
}

/** Takes as long for a wrong one as for the right one: digests have one length. */
function isSame(given: string, token: string): boolean {
  return timingSafeEqual(digest(given), digest(token))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
