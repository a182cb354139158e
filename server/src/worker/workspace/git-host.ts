import type { HostPattern } from '../../domain/host-pattern.ts'
import type { Verdict } from '../../network/addresses.ts'
import type { NetworkSettings } from '../run-network.ts'
import { matchesHost, normaliseHost } from '../../domain/host-pattern.ts'
import { createDecide, HERE, judgeHere } from '../../network/decide.ts'
import { createResolve } from '../../network/resolve.ts'
import { portOf } from '../../network/send-request.ts'

export type GitHost = { ok: true, host: string, port: number, addresses: string[] } | { ok: false, problem: string }

const NAME_IT = 'A host in a private network, on this machine, or without HTTPS has to be named in AGENTOS_GIT_PRIVATE_HOSTS.'

/**
 * The addresses that a repository may be cloned from: those of its own host, and no others. Whoever may write a manifest is not therefore
 * trusted with the operator's network: into a private one, to this machine, and without TLS only where the server's settings name the host.
 */
export async function findGitHost(url: URL, settings: NetworkSettings): Promise<GitHost> {
  const port = portOf(url)
  const host = normaliseHost(url.hostname) ?? ''
  const isNamed = settings.gitPrivateHosts?.some(pattern => matchesHost(pattern, host, port)) === true
  if (url.protocol === 'http:' && !isNamed)
    return { ok: false, problem: `${url.origin} does not use HTTPS. ${NAME_IT}` }
  const only: HostPattern = { host, port, isWildcard: false }
  const judge = settings.judge ?? judgeHere
  const rules = { allowed: [only], apiPort: settings.apiPort(), apiHosts: settings.apiHosts, ...(isNamed && { mayBeHere: true }) }
  const decision = await createDecide(rules, address => judgeFor(judge(address), isNamed), settings.resolve ?? createResolve())(host, port)
  if (decision.allow)
    return { ok: true, host, port, addresses: decision.addresses }
  return { ok: false, problem: `${host}:${port} is not connected to: ${decision.reason}.${isNamed ? '' : ` ${NAME_IT}`}` }
}

function judgeFor(verdict: Verdict, isNamed: boolean): Verdict {
  if (isNamed)
    return typeof verdict === 'object' && verdict.never === HERE ? 'private' : verdict
  return verdict === 'private' ? { never: 'a private network' } : verdict
}
