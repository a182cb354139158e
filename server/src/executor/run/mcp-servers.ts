import type { OfferedTool } from '../../mcp/offer-tools.ts'
import type { StdioServer } from '../protocol/input.ts'
import type { McpProcess } from './mcp-process.ts'
import type { CallAbout, RemoteTool } from './remote-tool.ts'
import type { RunContext } from './run-context.ts'
import { McpProblem } from '../../mcp/client.ts'
import { offerTools } from '../../mcp/offer-tools.ts'
import { readToolAnswer } from '../../mcp/read-result.ts'
import { keepAnswer } from './keep-answer.ts'
import { startMcpProcess } from './mcp-process.ts'
import { newEvent } from './new-event.ts'

/** A server that ends is started once more in an attempt, at the next call. */
const STARTS = 2

/** Starts the run's own MCP servers, all at a time, and gives their tools; or the sentence that says which one cannot be used. */
export async function startMcpServers(run: RunContext, servers: StdioServer[]): Promise<{ tools: RemoteTool[] } | { problem: string }> {
  const started = await Promise.all(servers.map(server => startServer(run, server).catch((error: unknown) => ({ problem: problemOf(server, error) }))))
  const failed = started.find(one => 'problem' in one)
  return failed ?? { tools: started.flatMap(one => 'tools' in one ? one.tools : []) }
}

async function startServer(run: RunContext, server: StdioServer): Promise<{ tools: RemoteTool[] }> {
  const startedAt = performance.now()
  const first = await startMcpProcess(run, server)
  const { tools, omitted } = offerTools(server.name, await first.client.listTools(), server.tools)
  run.emit(newEvent('mcp.listed', {
    server: server.name,
    by: 'stdio',
    about: [first.info.name, first.info.version].filter(Boolean).join(' '),
    tools: tools.map(({ name }) => name),
    omitted,
    durationMs: Math.round(performance.now() - startedAt),
  }))
  const running = keepRunning(run, server, first)
  return { tools: tools.map(tool => remoteTool(run, server, tool, running)) }
}

function remoteTool(run: RunContext, server: StdioServer, offered: OfferedTool, running: () => Promise<McpProcess>): RemoteTool {
  const { name, original, description, inputSchema } = offered
  return {
    spec: { name, description, inputSchema },
    async carryOut(about: CallAbout, input) {
      try {
        const { client } = await running()
        const answer = readToolAnswer(await client.callTool(original, input, { timeoutMs: server.timeoutMs, signal: run.control.signal }))
        return { content: await keepAnswer(run, about, answer), hasFailed: answer.hasFailed }
      }
      catch (error) {
        return { content: `Error: ${problemOf(server, error)}. Nobody knows whether the call had an effect.`, hasFailed: true }
      }
    },
  }
}

/** The process that is there, or another one in its place. */
function keepRunning(run: RunContext, server: StdioServer, first: McpProcess): () => Promise<McpProcess> {
  let process = Promise.resolve(first)
  let starts = 1
  return async () => {
    const current = await process
    if (current.isAlive() || starts >= STARTS)
      return current
    starts++
    process = startMcpProcess(run, server).catch((error: unknown) => {
      process = Promise.resolve(current)
      throw error
    })
    return process
  }
}

function problemOf({ name }: StdioServer, error: unknown): string {
  if (error instanceof McpProblem)
    return `the MCP server "${name}" cannot be used: ${error.message}`
  throw error
}
