import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']
const EVERY_INTERFACE = ['0.0.0.0', '::', '[::]']

type Asking = Pick<IncomingMessage, 'headers'>

export interface OriginRules {
  /** Whether the request names this server: a page that had its own name point here (DNS rebinding) does not. */
  isOurHost: (request: Asking) => boolean
  /** `none`: a program, or a browser that was told a plain link; a browser always says where a mutation comes from. */
  originOf: (request: Asking) => 'same' | 'none' | 'foreign'
}

export function createOriginRules({ host, publicUrl }: { host: string, publicUrl: string | null }): OriginRules {
  const names = new Set([...LOOPBACK, bracketed(host.toLowerCase())])
  if (publicUrl)
    names.add(new URL(publicUrl).hostname)
  // A server on every interface is reached by addresses that it does not know. An address cannot be rebound; a name can.
  const takesAddresses = EVERY_INTERFACE.includes(host)

  return {
    isOurHost({ headers }) {
      const name = hostName(headers.host)
      return name !== null && (names.has(name) || (takesAddresses && isIP(name.replace(/^\[|\]$/g, '')) !== 0))
    },
    originOf({ headers: { origin, host } }) {
      if (origin === undefined)
        return 'none'
      return origin === publicUrl || origin === `http://${host}` ? 'same' : 'foreign'
    },
  }
}

/** The name in a Host header, without its port; null when it is not exactly a name and a port. */
function hostName(header: string | undefined): string | null {
  const url = header === undefined ? null : URL.parse(`http://${header}`)
  return url && (url.host === header!.toLowerCase() || `${url.host}:80` === header) ? url.hostname : null
}

function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host
}
