import type { HostPattern } from '../../domain/host-pattern.ts'
import type { Verdict } from '../../network/addresses.ts'
import type { SenderOptions } from '../../network/send-request.ts'
import type { NetworkSettings } from '../run-network.ts'
import { matchesHost, normaliseHost } from '../../domain/host-pattern.ts'
import { HERE, judgeHere, UNNAMED_HERE } from '../../network/decide.ts'
import { portOf } from '../../network/send-request.ts'

/**
 * The network of one MCP server: its own host and port, and nothing else. The manifest names it, so whoever may write manifests could have
 * it be any machine beside this one: into a private network, or to this machine, it leads only when the server's settings name it too.
 */
export function rulesForServer(url: URL, settings: NetworkSettings): Pick<SenderOptions, 'allowed' | 'hosts' | 'judge' | 'resolve' | 'apiHosts' | 'apiPort' | 'mayBeHere'> {
  const port = portOf(url)
  const host = normaliseHost(url.hostname) ?? ''
  const isOurs = settings.mcpPrivateHosts?.some(pattern => matchesHost(pattern, host, port)) === true
  const judge = settings.judge ?? judgeHere
  const only: HostPattern = { host, port, isWildcard: false }
  return {
    allowed: [only],
    hosts: [url.host],
    apiHosts: settings.apiHosts,
    apiPort: settings.apiPort(),
    resolve: settings.resolve,
    mayBeHere: isOurs,
    judge: address => judgeFor(judge(address), isOurs),
  }
}

function judgeFor(verdict: Verdict, isOurs: boolean): Verdict {
  const isHere = typeof verdict === 'object' && verdict.never === HERE
  if (isOurs)
    return isHere ? 'private' : verdict
  return isHere ? { never: UNNAMED_HERE } : verdict === 'private' ? { never: 'a private network (AGENTOS_MCP_PRIVATE_HOSTS does not name it)' } : verdict
}
