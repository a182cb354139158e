import type { Input } from '@agentos/client'
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { CommandError } from '../failure.ts'

type Servers = NonNullable<Input['chats']['start']['mcp']>

const MAX_BYTES = 256 * 1024

/**
 * `--mcp`: `name=https://…` for a server that speaks HTTP, or a file in YAML or JSON with servers by their names, as a manifest has them
 * under mcp: (program:, args:, url:, headers:, tools:, timeout:), or as other programs have them (mcpServers: with command: and args:).
 */
export async function readMcp(given: string[]): Promise<Servers> {
  const servers: Servers = {}
  for (const text of given) {
    for (const [name, server] of Object.entries(await readOne(text))) {
      if (Object.hasOwn(servers, name))
        throw new CommandError(`--mcp: the server ${JSON.stringify(name)} is given twice`)
      servers[name] = server
    }
  }
  return servers
}

async function readOne(text: string): Promise<Servers> {
  const [, name, url] = /^([^=/]+)=(https?:\/\/\S+)$/.exec(text) ?? []
  if (name !== undefined && url !== undefined)
    return { [name]: { url } }
  const source = await readFile(text, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`--mcp: expected name=https://address or a file, but ${JSON.stringify(text)} is neither (${error.code ?? error.message})`)
  })
  if (source.length > MAX_BYTES)
    throw new CommandError(`--mcp: ${text} is larger than ${MAX_BYTES / 1024} KiB`)
  return Object.fromEntries(Object.entries(serversIn(text, source)).map(([name, server]) => [name, serverOf(text, name, server)]))
}

function serversIn(file: string, source: string): Record<string, unknown> {
  const expected = 'servers by their names, under mcp: or mcpServers: or by themselves'
  let read: unknown
  try {
    read = parse(source, { maxAliasCount: 0 })
  }
  catch (error) {
    throw new CommandError(`--mcp: ${file} is neither YAML nor JSON: ${error instanceof Error ? error.message.split('\n', 1)[0] : String(error)}`)
  }
  const found = isRecord(read) ? read.mcp ?? read.mcpServers ?? read : null
  if (!isRecord(found) || Object.keys(found).length === 0)
    throw new CommandError(`--mcp: ${file}: expected ${expected}`)
  return found
}

/** The keys of a manifest, of which others call `program` `command`. What they know and we do not is refused, not left out. */
function serverOf(file: string, name: string, server: unknown): Servers[string] {
  if (!isRecord(server))
    throw new CommandError(`--mcp: ${file}: ${name}: expected a mapping with program: or url:`)
  const { command, type, env, ...rest } = server
  if (isRecord(env) && Object.keys(env).length > 0)
    throw new CommandError(`--mcp: ${file}: ${name}: env: is not handed to a server here: give it arguments, or headers with a secret`)
  const unknown = Object.keys(rest).filter(key => !KEYS.includes(key))
  if (unknown.length > 0)
    throw new CommandError(`--mcp: ${file}: ${name}: expected only ${KEYS.join(', ')}, but got ${unknown.join(', ')}`)
  if (type === 'sse' || type === 'http' || type === 'stdio' || type === undefined)
    return { ...rest, ...command !== undefined && { program: command } } as Servers[string] // the server reads it with the manifest's own schema
  throw new CommandError(`--mcp: ${file}: ${name}: expected type stdio, http or sse, but got ${JSON.stringify(type)}`)
}

const KEYS = ['program', 'args', 'url', 'headers', 'tools', 'timeout']

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
