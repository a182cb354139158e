import type { HostPattern } from '../domain/host-pattern.ts'
import type { Manifest } from '../domain/manifest/manifest.ts'
import type { Redactor } from '../domain/redact/redactor.ts'
import type { IsolationLevel } from '../domain/run.ts'
import type { Proxy, ProxyOptions } from '../network/proxy.ts'
import type { OrderedLog } from './ordered-log.ts'
import type { RunAccess } from './run-access.ts'
import type { WorkspacePlace } from './workspace/place.ts'
import { once } from 'node:events'
import { chmod, chown } from 'node:fs/promises'
import process from 'node:process'
import { parseHostPattern } from '../domain/host-pattern.ts'
import { createProxy } from '../network/proxy.ts'
import { NO_ACCESS, placeSocket } from './run-access.ts'

export interface RunNetworkOptions {
  manifest: Pick<Manifest, 'network'>
  runId: string
  level: IsolationLevel
  place: WorkspacePlace
  rules: NetworkSettings
  log: Pick<OrderedLog, 'push'>
  redactor: Redactor
}

/** Of this server. */
export interface NetworkSettings extends Pick<ProxyOptions, 'apiHosts' | 'judge' | 'resolve'> {
  /** Known when the server listens, which is before it takes runs. */
  apiPort: () => number
  /** Into private networks and this machine an MCP server's url leads only there. */
  mcpPrivateHosts?: HostPattern[] | undefined
  /** The same of a repository that a workspace is cloned from. */
  gitPrivateHosts?: HostPattern[] | undefined
}

const PROXY_PORT = 4102
const PROXY_URL = `http://127.0.0.1:${PROXY_PORT}`

/** Programs read one spelling or the other. What is on the sandbox's own loopback needs no proxy. */
const PROXY_ENV = {
  HTTP_PROXY: PROXY_URL,
  HTTPS_PROXY: PROXY_URL,
  http_proxy: PROXY_URL,
  https_proxy: PROXY_URL,
  NO_PROXY: '127.0.0.1,localhost',
  no_proxy: '127.0.0.1,localhost',
  NODE_USE_ENV_PROXY: '1',
}

/** The way out of a run's sandbox: none when the manifest asks for none, or nothing here keeps the run in anyway. */
export async function openNetwork({ manifest: { network }, runId, level, place, rules, log, redactor }: RunNetworkOptions): Promise<RunAccess> {
  if (network === 'none' || !hasOwnNetwork(level))
    return NO_ACCESS
  const { apiPort, ...others } = rules
  const allowed = network === 'open' ? network : network.map(parseHostPattern).filter(pattern => pattern !== null)
  const proxy = createProxy({ ...others, apiPort: apiPort(), hosts: network, allowed, onEvent: event => void log.push([redactor.value(event)]) })
  const socket = await placeSocket(place, runId, 'network.sock')
  await listen(proxy, socket.path, place)
  return {
    loopback: [{ port: PROXY_PORT, socketPath: socket.path }],
    env: PROXY_ENV,
    async close() {
      await proxy.close()
      await socket.remove?.()
    },
  }
}

/** For the run's user, who is the server's where there is no other. */
async function listen({ server }: Proxy, path: string, { runUser }: WorkspacePlace): Promise<void> {
  server.listen(path)
  await once(server, 'listening')
  await chmod(path, runUser ? 0o660 : 0o600)
  if (runUser)
    await chown(path, process.getuid!(), runUser.gid) // a user to switch to is there on POSIX alone
}

/** Elsewhere a run has the network of this machine, and nothing can keep it to a list. */
export function hasOwnNetwork(level: IsolationLevel): boolean {
  return level === 'sandbox' || level === 'container'
}

/** Why the manifest's network cannot be had at this level; null when it can. */
export function whyNoNetwork(network: Manifest['network'], level: IsolationLevel): string | null {
  return Array.isArray(network) && !hasOwnNetwork(level)
    ? `The manifest allows only some hosts (network: [${network.join(', ')}]), which level ${level} cannot hold: it has the network of this machine. Use isolation: sandbox (agentos doctor says how to have it), or network: open to let the run reach everything.`
    : null
}
