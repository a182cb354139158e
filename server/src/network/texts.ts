import type { Socket } from 'node:net'
import type { Decision } from './decide.ts'
import { STATUS_CODES } from 'node:http'

/** For the agent, or the person who reads what its program printed. */
export function denialText({ host, port, reason }: Extract<Decision, { allow: false }>, hosts: string[] | 'open'): string {
  const allowed = hosts === 'open' ? 'every public host' : `${hosts.join(', ')} (ports 80 and 443 where none is named)`
  return `AgentOS does not let this run connect to ${host}:${port}: ${reason}. Its manifest allows: ${allowed}.`
}

const LINGER_MS = 1_000

/** The answer to a CONNECT that leads nowhere. */
export function refuseSocket(client: Socket, status: number, text: string): void {
  const body = `${text}\n`
  client.end([
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n'))
  client.setTimeout(LINGER_MS, () => client.destroy()).resume() // What it sent in advance is not wanted, but its end is.
}
