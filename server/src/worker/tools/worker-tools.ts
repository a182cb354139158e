import type { Artifacts } from '../../artifacts/artifacts.ts'
import type { Manifest } from '../../domain/manifest/manifest.ts'
import type { Redactor } from '../../domain/redact/redactor.ts'
import type { ReplyValue } from '../../executor/protocol/input.ts'
import type { ExecutorAsk, ToolSpec } from '../../executor/protocol/output.ts'
import type { Sender } from '../../network/send-request.ts'
import type { RunRef } from '../../store/run-append.ts'
import type { OrderedLog } from '../ordered-log.ts'
import type { Action } from '../permit.ts'
import type { NetworkSettings } from '../run-network.ts'
import type { CalledTool } from './called-tool.ts'
import type { ServerTools } from './mcp-server-tools.ts'
import { parseHostPattern } from '../../domain/host-pattern.ts'
import { actionText, actionTitle, canonicalJson } from '../../domain/tool-action.ts'
import { McpProblem } from '../../mcp/client.ts'
import { createSender } from '../../network/send-request.ts'
import { createFetchTool, fetchSpec } from './fetch-tool.ts'
import { createKeepResult } from './keep-result.ts'
import { openServer } from './mcp-server-tools.ts'
import { createReadResultTool, readResultSpec } from './read-result-tool.ts'

type PermitAsk = Extract<ExecutorAsk, { kind: 'permit' }>
type ToolAsk = Extract<ExecutorAsk, { kind: 'tool' }>

/** What the worker does for the model of one attempt, beside the commands of its session. */
export interface WorkerTools {
  /** What the model is offered of it. */
  specs: ToolSpec[]
  /** What a call would do; `free` needs nobody's word; null when the manifest gives no such tool. */
  actionOf: (ask: PermitAsk) => Action | 'free' | null
  /** It may be done: once, and exactly so. */
  allow: (ask: PermitAsk) => void
  call: (ask: ToolAsk) => Promise<Extract<ReplyValue, { kind: 'tool' }>>
  close: () => Promise<void>
}

export interface WorkerToolsOptions {
  manifest: Pick<Manifest, 'runtime' | 'tools' | 'mcp' | 'network'>
  secrets: Record<string, string>
  ref: RunRef
  organisationId: string
  artifacts: Pick<Artifacts, 'save' | 'find' | 'read'>
  settings: NetworkSettings
  redactor: Redactor
  log: Pick<OrderedLog, 'push' | 'record'>
  /** Aborted when the run is to end. */
  signal: AbortSignal
}

/** Reaches the manifest's MCP servers and makes its tools; or says in a sentence what cannot be had. */
export async function openWorkerTools(o: WorkerToolsOptions): Promise<{ ok: true, tools: WorkerTools } | { ok: false, detail: string }> {
  const { manifest, redactor, log } = o
  const closed = new AbortController()
  const signal = AbortSignal.any([o.signal, closed.signal])
  const tools = new Map<string, { spec: ToolSpec, call: CalledTool }>()
  const closers: (() => Promise<void> | void)[] = []
  const close = async () => {
    closed.abort() // whoever asked does not wait any more
    await Promise.all(closers.map(one => one()))
  }
  if (manifest.runtime !== 'llm')
    return { ok: true, tools: gather([], tools, close) }
  const keep = createKeepResult(o)
  const stdio = Object.entries(manifest.mcp).flatMap(([name, server]) => server.kind === 'stdio' ? [name] : [])
  if (manifest.tools.includes('fetch')) {
    const sender = createFetchSender(o)
    closers.push(() => sender?.close())
    tools.set(fetchSpec.name, { spec: fetchSpec, call: createFetchTool({ sender, keep, signal }) })
  }
  const opening = Object.entries(manifest.mcp).flatMap(([name, server]) => server.kind === 'http'
    ? [openServer({ name, server, secrets: o.secrets, settings: o.settings, redactor, log, keep, signal })]
    : [])
  const opened = await Promise.allSettled(opening)
  const servers: ServerTools[] = opened.flatMap(one => one.status === 'fulfilled' ? [one.value] : [])
  closers.push(...servers.map(server => server.close))
  for (const [index, one] of opened.entries()) {
    if (one.status === 'rejected') {
      await close()
      if (!(one.reason instanceof McpProblem))
        throw one.reason
      const name = Object.entries(manifest.mcp).filter(([, { kind }]) => kind === 'http')[index]![0] // they were opened in this order
      return { ok: false, detail: `The MCP server "${name}" cannot be used: ${one.reason.message}.` }
    }
  }
  for (const { offered: { name, description, inputSchema }, call } of servers.flatMap(server => server.tools))
    tools.set(name, { spec: { name, description, inputSchema }, call })
  if (tools.size > 0 || stdio.length > 0)
    tools.set(readResultSpec.name, { spec: readResultSpec, call: createReadResultTool({ ...o, runId: o.ref.runId }) })
  return { ok: true, tools: gather(stdio, tools, close) }
}

/** `stdio`: servers whose calls the executor carries out, and the worker permits. */
function gather(stdio: string[], tools: Map<string, { spec: ToolSpec, call: CalledTool }>, close: () => Promise<void>): WorkerTools {
  const allowed = new Set<string>()
  const keyOf = ({ step, call, tool, input }: PermitAsk | ToolAsk) => JSON.stringify([step, call, tool, canonicalJson(input)])
  return {
    specs: [...tools.values()].map(({ spec }) => spec),
    actionOf({ step, call, tool, input }) {
      if (tool === readResultSpec.name && tools.has(tool))
        return 'free'
      const isOfServer = stdio.some(name => tool.startsWith(`${name}__`))
      if (!tools.has(tool) && !isOfServer)
        return null
      return { step, call, kind: tool === fetchSpec.name ? 'fetch' : 'mcp', tool, title: actionTitle(tool, input), text: actionText(tool, input), canPark: true }
    },
    allow: ask => void allowed.add(keyOf(ask)),
    async call(ask) {
      const { step, call, tool, input } = ask
      const found = tools.get(tool)
      if (!found)
        return { kind: 'tool', content: `Error: there is no tool ${JSON.stringify(tool)} here.`, hasFailed: true }
      if (!allowed.delete(keyOf(ask)) && tool !== readResultSpec.name)
        return { kind: 'tool', content: 'Error: nobody has permitted this call.', hasFailed: true }
      return { kind: 'tool', ...await found.call({ about: { step, call, tool }, input }) }
    },
    close,
  }
}

function createFetchSender({ manifest: { network }, settings, redactor, log }: WorkerToolsOptions): Sender | null {
  if (network === 'none')
    return null
  const allowed = network === 'open' ? network : network.map(parseHostPattern).filter(pattern => pattern !== null)
  return createSender({ ...settings, apiPort: settings.apiPort(), hosts: network, allowed, onEvent: one => void log.push([redactor.value(one)]) })
}
