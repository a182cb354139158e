import type { AgentSaid } from '../agent-said.ts'
import type { JsonObject } from '../json.ts'
import { planOf } from '../agent-said.ts'
import { asObject, asText, objectsOf } from '../json.ts'

/** `codex exec --json`. */
export function codexSaid(line: JsonObject): AgentSaid[] | null {
  switch (line.type) {
    case 'thread.started':
      return [{ kind: 'session', session: asText(line.thread_id), agent: 'Codex', canLoad: false, mode: null }]
    case 'turn.started':
    case 'turn.completed':
      return []
    case 'turn.failed':
      return [{ kind: 'failure', detail: asText(asObject(line.error)?.message) ?? 'its turn failed' }]
    case 'item.started':
    case 'item.updated':
    case 'item.completed': {
      const item = asObject(line.item)
      return item && ofItem(item, line.type === 'item.completed')
    }
    default:
      return null
  }
}

function ofItem(item: JsonObject, isDone: boolean): AgentSaid[] | null {
  const call = asText(item.id) ?? ''
  switch (item.type) {
    case 'agent_message':
      return isDone ? [{ kind: 'text', text: `${asText(item.text) ?? ''}\n` }] : []
    case 'reasoning':
      return isDone ? [{ kind: 'thought', text: `${asText(item.text) ?? ''}\n` }] : []
    case 'todo_list':
      return planOf(objectsOf(item.items).map(({ text, completed }) => ({ content: text, status: completed === true ? 'completed' : 'pending' })))
    case 'command_execution':
      return [
        { kind: 'call', call, tool: 'shell', title: asText(item.command), input: { command: item.command }, isStarted: true },
        { kind: 'output', call, as: 'whole', text: asText(item.aggregated_output) ?? '' },
        ...endOf(item, isDone, item.status === 'declined' ? 'denied' : item.exit_code === 0 ? 'succeeded' : 'failed', null),
      ]
    case 'file_change': {
      const paths = objectsOf(item.changes).map(({ kind, path }) => `${asText(kind) ?? 'change'} ${asText(path) ?? ''}`).join(', ')
      return [
        { kind: 'call', call, tool: 'file_change', title: paths, input: { changes: item.changes }, isStarted: true },
        ...endOf(item, isDone, item.status === 'completed' ? 'succeeded' : 'failed', paths),
      ]
    }
    case 'mcp_tool_call':
      return [
        { kind: 'call', call, tool: `${asText(item.server) ?? 'mcp'}__${asText(item.tool) ?? 'tool'}`, title: null, input: item.arguments, isStarted: true },
        ...endOf(item, isDone, item.status === 'completed' ? 'succeeded' : 'failed', JSON.stringify(item.result ?? item.error ?? null)),
      ]
    case 'web_search':
      return [
        { kind: 'call', call, tool: 'web_search', title: asText(item.query), input: { query: item.query }, isStarted: true },
        ...endOf(item, isDone, 'succeeded', null),
      ]
    default:
      return null
  }
}

function endOf({ id }: JsonObject, isDone: boolean, status: 'succeeded' | 'failed' | 'denied', text: string | null): AgentSaid[] {
  return isDone ? [{ kind: 'result', call: asText(id) ?? '', status, text }] : []
}
