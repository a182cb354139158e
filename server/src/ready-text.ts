import type { SandboxStatus } from './domain/views/system.ts'
import { relative } from 'node:path'

export interface Ready {
  version: string
  role: 'all' | 'server' | 'worker'
  /** Since the command was given. */
  elapsedMs: number
  url: string
  setupLink: string
  /** null where nothing runs. */
  sandbox: SandboxStatus | null
  /** Runs at a time. */
  slots: number
  databaseUrl: string
  agents: number
}

/** The last thing that a start prints: where it is, how to get in, and what it stands on. */
export function readyText({ version, role, elapsedMs, url, setupLink, sandbox, slots, databaseUrl, agents }: Ready, from: string): string {
  const title = role === 'worker' ? `Takes runs, ${slots} at a time` : 'Sign in with this one-time link:'
  const ready = `AgentOS ${version}${role === 'all' ? '' : ` (${role})`} is ready in ${(elapsedMs / 1000).toFixed(1)} s`
  const width = Math.max(ready.length, title.length, 31) + 7
  return [
    ready.padEnd(width) + url,
    role === 'worker' ? title : title.padEnd(width) + setupLink,
    `${sandboxInWords(sandbox).padEnd(width - 2)}  ${`Database: ${databaseInWords(databaseUrl, from)}`}   Agents found: ${agents}`,
    '',
  ].join('\n')
}

function sandboxInWords(status: SandboxStatus | null): string {
  if (!status)
    return 'Runs: by workers elsewhere'
  const sandbox = status.levels.find(({ level }) => level === 'sandbox')
  return sandbox?.proven ? `Sandbox: proven${sandbox.by ? ` (${sandbox.by})` : ''}` : `Sandbox: none (${sandbox?.missing ?? 'not probed'})`
}

/** Never a password: of a server's address, only where it is. */
function databaseInWords(url: string, from: string): string {
  if (url.startsWith('file:')) {
    const path = url.slice('file:'.length)
    const near = relative(from, path)
    return `sqlite, ${near.startsWith('..') ? path : near}`
  }
  const { host, pathname } = new URL(url)
  return `postgresql, ${host}${pathname}`
}
