import type { AgentSaid } from '../agent-said.ts'
import type { JsonObject } from '../json.ts'
import { planOf } from '../agent-said.ts'
import { asObject, asText, objectsOf } from '../json.ts'

/** `claude -p … --output-format stream-json --verbose`. */
export function claudeSaid(line: JsonObject): AgentSaid[] | null {
  const message = asObject(line.message)
  switch (line.type) {
    case 'system':
      return line.subtype === 'init' ? sessionOf(line) : line.subtype === 'thinking_tokens' ? [] : null
    case 'assistant':
      return objectsOf(message?.content).flatMap(block => ofAssistant(block))
    case 'user':
      return [...objectsOf(message?.content).flatMap(resultOf), ...diffsOf(line)]
    case 'result':
      return line.is_error === true ? [{ kind: 'failure', detail: asText(line.result) ?? asText(line.subtype) ?? 'it gave no reason' }] : []
    default:
      return null
  }
}

function sessionOf(line: JsonObject): AgentSaid[] {
  const version = asText(line.claude_code_version)
  return [{ kind: 'session', session: asText(line.session_id), agent: `Claude Code${version ? ` ${version}` : ''}`, canLoad: false, mode: asText(line.permissionMode) }]
}

function ofAssistant(block: JsonObject): AgentSaid[] {
  switch (block.type) {
    case 'text':
      return [{ kind: 'text', text: `${asText(block.text) ?? ''}\n` }]
    case 'thinking':
      return [{ kind: 'thought', text: `${asText(block.thinking) ?? ''}\n` }]
    case 'tool_use':
      return [...planIn(block), { kind: 'call', call: asText(block.id) ?? '', tool: asText(block.name), title: titleOf(block), input: block.input, isStarted: true }]
    default:
      return []
  }
}

function titleOf({ name, input }: JsonObject): string {
  const about = asObject(input) ?? {}
  return [name, about.file_path ?? about.pattern ?? about.url ?? about.description].filter(one => typeof one === 'string').join(' ')
}

function planIn({ name, input }: JsonObject): AgentSaid[] {
  return name === 'TodoWrite' ? planOf(objectsOf(asObject(input)?.todos)) : []
}

function resultOf(block: JsonObject): AgentSaid[] {
  if (block.type !== 'tool_result')
    return []
  const text = asText(block.content) ?? objectsOf(block.content).map(part => asText(part.text) ?? '').join('\n')
  return [{ kind: 'result', call: asText(block.tool_use_id) ?? '', status: block.is_error === true ? 'failed' : 'succeeded', text }]
}

/** What a change of a file came to, which it says beside the result. */
function diffsOf(line: JsonObject): AgentSaid[] {
  const result = asObject(line.tool_use_result)
  const path = asText(result?.filePath)
  const call = asText(objectsOf(asObject(line.message)?.content)[0]?.tool_use_id)
  const after = asText(result?.newString) ?? asText(result?.content)
  if (!result || path === null || after === null)
    return []
  return [{ kind: 'diff', call, path, old: asText(result.oldString) ?? asText(result.originalFile), new: after }]
}
