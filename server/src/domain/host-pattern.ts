/** A host of `network:` as the manifest names it. */
export interface HostPattern {
  /** As `normaliseHost` gives it; of a wildcard, what stands after `*.`. */
  host: string
  /** Any depth below `host`, but not `host` itself. */
  isWildcard: boolean
  /** Null: 80 and 443. */
  port: number | null
}

const USUAL_PORTS = [80, 443]
const NAME = /^[^\s/?#@\\:%[\]*]+$/
const BRACKETED = /^\[[0-9a-f:.]+\]$/i

/** Null for what names no host. */
export function parseHostPattern(text: string): HostPattern | null {
  const [, name = '', port] = /^(.+?)(?::(\d{1,5}))?$/.exec(text) ?? []
  const isWildcard = name.startsWith('*.')
  const host = normaliseHost(isWildcard ? name.slice(2) : name)
  if (host === null || (port !== undefined && !isPort(Number(port))) || (isWildcard && isAddress(host)))
    return null
  return { host, isWildcard, port: port === undefined ? null : Number(port) }
}

/** `host` is normalised. */
export function matchesHost(pattern: HostPattern, host: string, port: number): boolean {
  const isHost = pattern.isWildcard ? host.endsWith(`.${pattern.host}`) && !isAddress(host) : host === pattern.host
  return isHost && (pattern.port === null ? USUAL_PORTS.includes(port) : port === pattern.port)
}

/**
 * One spelling for each host: lower case, no dot at the end, punycode, an IPv4 address in four decimal numbers however it is
 * written (0x7f.1, 2130706433), an IPv6 address without brackets. Null for what is none; an address with a zone is none.
 */
export function normaliseHost(text: string): string | null {
  if (text.length > 255 || !(NAME.test(text) || BRACKETED.test(text)))
    return null
  const hostname = URL.parse(`http://${text}/`)?.hostname.replace(/\.$/, '').replace(/^\[|\]$/g, '')
  return hostname && !hostname.split('.').includes('') ? hostname : null
}

export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535
}

function isAddress(host: string): boolean {
  return host.includes(':') || /\.\d+$|^\d+$/.test(host)
}
