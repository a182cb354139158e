import type { HostPattern } from '../domain/host-pattern.ts'
import type { Verdict } from './addresses.ts'
import type { Resolve } from './resolve.ts'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { isPort, matchesHost, normaliseHost } from '../domain/host-pattern.ts'
import { carriedAddress, judgeAddress } from './addresses.ts'

export interface NetworkRules {
  /** `open`: every host that is reachable from anywhere. */
  allowed: HostPattern[] | 'open'
  /** Where our own API listens, on whichever address of this machine. */
  apiPort: number
  /** By which our own API is known outside. */
  apiHosts: string[]
  /** Whether this machine's own loopback may be among them: of what an operator can name. */
  mayBeHere?: boolean | undefined
}

export type Decision
  = | { allow: true, host: string, port: number, addresses: string[] }
    /** `detail` is for the log alone: it may hold what the agent should not learn. */
    | { allow: false, host: string, port: number, reason: string, detail?: string }

export type Decide = (host: string, port: number) => Promise<Decision>

/** The second is for what an operator could let it reach. */
export const HERE = 'this machine itself'
export const UNNAMED_HERE = `${HERE} (AGENTOS_MCP_PRIVATE_HOSTS does not name it)`

const METADATA_NAMES = ['metadata.google.internal', 'metadata.goog', 'metadata', 'instance-data', 'instance-data.ec2.internal']

/** Every address of the name is held against the rules, and it is these that are connected to: nobody asks for the name again. */
export function createDecide(rules: NetworkRules, judge: (address: string) => Verdict, resolve: Resolve): Decide {
  return async (given, port) => {
    const host = normaliseHost(given)
    const asked = { host: host ?? given.slice(0, 255), port }
    const deny = (reason: string, detail?: string): Decision => ({ allow: false, ...asked, reason, ...(detail === undefined ? {} : { detail }) })
    if (host === null || !isPort(port))
      return deny('that is no host name with a port')
    const pattern = rules.allowed === 'open' ? null : rules.allowed.find(one => matchesHost(one, host, port))
    if (pattern === undefined)
      return deny('the manifest does not list it')
    const never = neverByName(host, rules)
    if (never !== null)
      return deny(`it leads to ${never}, which is never reachable`)
    const isNamed = pattern !== null && !pattern.isWildcard
    const addresses = isIP(host) ? [host] : await resolve(host, isNamed).catch(() => [])
    if (addresses.length === 0)
      return deny('its name cannot be resolved')
    for (const address of addresses) {
      const verdict = judge(address)
      if (typeof verdict === 'object')
        return deny(`it leads to ${verdict.never}, which is never reachable`, address)
      if (port === rules.apiPort && isOwn(address))
        return deny('it leads to AgentOS itself, which is never reachable', address)
      if (verdict === 'private' && !isNamed)
        return deny('it leads into a private network; only a host that network: names itself may', address)
    }
    return { allow: true, host, port, addresses }
  }
}

function neverByName(host: string, { apiHosts, mayBeHere }: NetworkRules): string | null {
  if (mayBeHere !== true && (host === 'localhost' || host.endsWith('.localhost')))
    return mayBeHere === undefined ? HERE : UNNAMED_HERE
  if (apiHosts.includes(host))
    return 'AgentOS itself'
  return METADATA_NAMES.includes(host) ? 'a metadata service' : null
}

/** This machine is a private network, too, by whichever of its addresses. */
export function judgeHere(address: string): Verdict {
  const verdict = judgeAddress(address)
  return verdict === 'public' && isOwn(address) ? 'private' : verdict
}

function isOwn(address: string): boolean {
  const carried = carriedAddress(address)
  return Object.values(networkInterfaces()).some(list => list?.some(own => own.address === carried))
}
