import { lookup, Resolver } from 'node:dns/promises'

/**
 * The addresses of a name; none when it has none. `isNamed`: the manifest names this very host. Rejects when nobody answers.
 * Only then is the system asked, which knows /etc/hosts, but keeps a thread for each question: an agent that may ask for any
 * name could have all of them wait for a name server of its own.
 */
export type Resolve = (host: string, isNamed: boolean) => Promise<string[]>

const TIMEOUT_MS = 3_000

export function createResolve(): Resolve {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 2 })
  const asked = new Map<string, Promise<string[]>>()
  return (host, isNamed) => {
    const known = asked.get(host)
    if (known)
      return known
    const answer = (isNamed ? bySystem(host) : byNameServer(resolver, host)).finally(() => asked.delete(host))
    asked.set(host, answer)
    return answer
  }
}

async function bySystem(host: string): Promise<string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address)
}

async function byNameServer(resolver: Resolver, host: string): Promise<string[]> {
  const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
  const found = [four, six].flatMap(answer => answer.status === 'fulfilled' ? answer.value : [])
  if (found.length === 0 && four.status === 'rejected')
    throw four.reason
  return found
}
