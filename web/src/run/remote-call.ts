import type { ToolCall } from './timeline.ts'
import { oneLine } from './headline.ts'

/** A call that is no command of the session: a request by HTTP, or a tool of an MCP server. */
export interface RemoteCall {
  /** `fetch`, or the tool's own name. */
  title: string
  /** The method and address, or the server. */
  about: string
}

/** null for a command. */
export function remoteCall({ tool, input, command }: Pick<ToolCall, 'tool' | 'input' | 'command'>): RemoteCall | null {
  const { url, method, name } = typeof input === 'object' && input !== null ? input as Record<string, unknown> : {} // an object has any keys
  if (tool === 'fetch')
    return { title: 'fetch', about: oneLine(command ?? `${typeof method === 'string' ? method : 'GET'} ${String(url ?? '')}`) }
  if (tool === 'read_result')
    return { title: 'read_result', about: oneLine(String(name ?? '')) }
  const at = tool.indexOf('__')
  return at > 0 ? { title: tool.slice(at + 2), about: `MCP server ${tool.slice(0, at)}` } : null
}
