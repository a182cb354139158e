import type { Manifest } from '../../domain/manifest/manifest.ts'
import type { Redactor } from '../../domain/redact/redactor.ts'
import type { OfferedTool } from '../../mcp/offer-tools.ts'
import type { OrderedLog } from '../ordered-log.ts'
import type { NetworkSettings } from '../run-network.ts'
import type { CalledTool } from './called-tool.ts'
import type { KeepResult } from './keep-result.ts'
import type { McpHttp } from './mcp-http.ts'
import { event } from '../../domain/event.ts'
import { McpProblem } from '../../mcp/client.ts'
import { offerTools } from '../../mcp/offer-tools.ts'
import { readToolAnswer } from '../../mcp/read-result.ts'
import { createSender, SendProblem, whyNotHeader } from '../../network/send-request.ts'
import { openMcpHttp } from './mcp-http.ts'
import { rulesForServer } from './mcp-rules.ts'

export interface ServerOptions {
  name: string
  server: Extract<Manifest['mcp'][string], { kind: 'http' }>
  secrets: Record<string, string>
  settings: NetworkSettings
  redactor: Redactor
  log: Pick<OrderedLog, 'push'>
  keep: KeepResult
  signal: AbortSignal
}

export interface ServerTools {
  tools: { offered: OfferedTool, call: CalledTool }[]
  close: () => Promise<void>
}

/** A session that was lost is opened once more in an attempt. */
const OPENINGS = 2

/** Reaches an MCP server by HTTP and lists its tools. Rejects with McpProblem, in words that hold no secret. */
export async function openServer(o: ServerOptions): Promise<ServerTools> {
  const { name, server, redactor, log, keep, signal } = o
  const startedAt = performance.now()
  const sender = createSender({ ...rulesForServer(new URL(server.url), o.settings), onEvent: one => void log.push([redactor.value(one)]) })
  const open = () => openMcpHttp({ sender, url: new URL(server.url), headers: headersOf(server.headers, o.secrets), timeoutMs: server.timeoutMs, signal })
  let session: McpHttp
  try {
    session = await open()
  }
  catch (error) {
    sender.close()
    throw new McpProblem(redactor.text(messageOf(error)))
  }
  const close = async () => {
    await session.close()
    sender.close()
  }
  const { tools, omitted } = await session.client.listTools().then(listed => offerTools(name, listed, server.tools)).catch(async (error: unknown) => {
    await close()
    throw new McpProblem(redactor.text(messageOf(error)))
  })
  log.push([redactor.value(event('mcp.listed', {
    server: name,
    by: 'http',
    about: [session.info.name, session.info.version].filter(Boolean).join(' '),
    tools: tools.map(tool => tool.name),
    omitted,
    durationMs: Math.round(performance.now() - startedAt),
  }))])

  let openings = 1
  const alive = async (): Promise<McpHttp> => {
    if (session.isAlive() || openings >= OPENINGS)
      return session
    openings++
    return session = await open()
  }
  return { tools: tools.map(offered => ({ offered, call: callOf(offered) })), close }

  function callOf({ original }: OfferedTool): CalledTool {
    return async ({ about, input }) => {
      try {
        const { client } = await alive()
        const answer = readToolAnswer(await client.callTool(original, input, { timeoutMs: server.timeoutMs, signal }))
        return { content: await keep(about, { text: answer.text, files: answer.files.map(({ bytes }) => bytes), isWhole: true }), hasFailed: answer.hasFailed }
      }
      catch (error) {
        return { content: redactor.text(`Error: the MCP server "${name}" did not do it: ${messageOf(error)}. Nobody knows whether the call had an effect.`), hasFailed: true }
      }
    }
  }
}

function headersOf(headers: Record<string, string>, secrets: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => {
    const filled = value.replace(/\$\{secrets\.(\w+)\}/g, (_, secret: string) => secrets[secret] ?? '') // the manifest lists each
    const problem = whyNotHeader(name, filled)
    if (problem !== null)
      throw new McpProblem(`a header of it cannot be sent: ${problem}`)
    return [name.toLowerCase(), filled]
  }))
}

function messageOf(error: unknown): string {
  if (error instanceof McpProblem || error instanceof SendProblem)
    return error.message.replace(/\.$/, '')
  throw error
}
