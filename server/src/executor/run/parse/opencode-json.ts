import type { AgentSaid } from '../agent-said.ts'
import type { JsonObject } from '../json.ts'
import { planOf } from '../agent-said.ts'
import { asObject, asText, objectsOf } from '../json.ts'

/** `opencode run --format json …`: a part of the conversation a line, once it is whole. */
export function opencodeSaid(line: JsonObject): AgentSaid[] | null {
  const part = asObject(line.part) ?? {}
  switch (line.type) {
    case 'step_start':
      return [{ kind: 'session', session: asText(line.sessionID), agent: 'opencode', canLoad: false, mode: null }]
    case 'step_finish':
      return []
    case 'text':
      return [{ kind: 'text', text: `${asText(part.text) ?? ''}\n` }]
    case 'reasoning':
      return [{ kind: 'thought', text: `${asText(part.text) ?? ''}\n` }]
    case 'tool_use':
      return ofTool(part)
    case 'error': {
      const error = asObject(line.error)
      return [{ kind: 'failure', detail: asText(asObject(error?.data)?.message) ?? asText(error?.name) ?? 'it gave no reason' }]
    }
    default:
      return null
  }
}

function ofTool({ callID, tool, state: said }: JsonObject): AgentSaid[] {
  const call = asText(callID) ?? ''
  const state = asObject(said) ?? {}
  const diff = asObject(asObject(state.metadata)?.filediff)
  const [path, after] = [asText(diff?.file), asText(diff?.after)]
  return [
    ...(tool === 'todowrite' ? planOf(objectsOf(asObject(state.input)?.todos)) : []),
    { kind: 'call', call, tool: asText(tool), title: asText(state.title), input: state.input, isStarted: true },
    ...(path !== null && after !== null ? [{ kind: 'diff' as const, call, path, old: asText(diff?.before), new: after }] : []),
    ...(state.status === 'completed' || state.status === 'error'
      ? [{ kind: 'result' as const, call, status: state.status === 'completed' ? 'succeeded' as const : 'failed' as const, text: asText(state.output) ?? asText(state.error) }]
      : []),
  ]
}
