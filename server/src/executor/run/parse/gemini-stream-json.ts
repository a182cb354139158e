import type { AgentSaid } from '../agent-said.ts'
import type { JsonObject } from '../json.ts'
import { planOf } from '../agent-said.ts'
import { asObject, asText, objectsOf } from '../json.ts'

/** `gemini -o stream-json -p …`. */
export function geminiSaid(line: JsonObject): AgentSaid[] | null {
  switch (line.type) {
    case 'init':
      return [{ kind: 'session', session: asText(line.session_id), agent: 'Gemini CLI', canLoad: false, mode: null }]
    case 'message':
      return line.role === 'assistant' ? [{ kind: 'text', text: asText(line.content) ?? '' }] : []
    case 'tool_use':
      return [...planIn(line), { kind: 'call', call: asText(line.tool_id) ?? '', tool: asText(line.tool_name), title: titleOf(line), input: line.parameters, isStarted: true }]
    case 'tool_result':
      return [{ kind: 'result', call: asText(line.tool_id) ?? '', status: line.status === 'success' ? 'succeeded' : 'failed', text: asText(line.output) ?? asText(asObject(line.error)?.message) }]
    case 'result':
      return line.status === 'success' ? [] : [{ kind: 'failure', detail: asText(asObject(line.error)?.message) ?? 'it gave no reason' }]
    default:
      return null
  }
}

function titleOf({ tool_name: name, parameters }: JsonObject): string {
  const about = asObject(parameters) ?? {}
  return [name, about.file_path ?? about.path ?? about.pattern ?? about.description].filter(one => typeof one === 'string').join(' ')
}

function planIn({ tool_name: name, parameters }: JsonObject): AgentSaid[] {
  return name === 'write_todos'
    ? planOf(objectsOf(asObject(parameters)?.todos).map(({ description, status }) => ({ content: description, status })))
    : []
}
