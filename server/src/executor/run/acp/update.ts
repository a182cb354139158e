import type { SessionUpdate } from '@agentclientprotocol/sdk'
import type { AgentSaid } from '../agent-said.ts'
import type { JsonObject } from '../json.ts'
import { planOf } from '../agent-said.ts'
import { asObject, asText, objectsOf } from '../json.ts'

type Kind = SessionUpdate['sessionUpdate']

/** What one session/update says. Those that say nothing of the work (commands to offer, how full the context is) say nothing here. */
export function saidByUpdate(update: JsonObject): AgentSaid[] {
  switch (update.sessionUpdate as Kind) {
    case 'agent_message_chunk':
      return [{ kind: 'text', text: textOf(update.content) }]
    case 'agent_thought_chunk':
      return [{ kind: 'thought', text: textOf(update.content) }]
    case 'plan':
      return planOf(objectsOf(update.entries))
    case 'tool_call':
    case 'tool_call_update':
      return saidByCall(update)
    case 'current_mode_update':
      return [{ kind: 'session', session: null, agent: null, canLoad: null, mode: asText(update.currentModeId) }]
    default:
      return []
  }
}

/** A call, or what is new of it. Its content is always all that there is so far. */
export function saidByCall(update: JsonObject): AgentSaid[] {
  const call = asText(update.toolCallId) ?? ''
  const { status } = update
  const content = objectsOf(update.content)
  const text = content.filter(({ type }) => type === 'content').map(part => textOf(part.content)).join('\n')
  const isOver = status === 'completed' || status === 'failed'
  return [
    { kind: 'call', call, tool: asText(update.name) ?? asText(update.kind), title: asText(update.title), input: update.rawInput, isStarted: status === 'in_progress' },
    ...content.filter(({ type }) => type === 'diff').map((diff): AgentSaid => ({
      kind: 'diff',
      call,
      path: asText(diff.path) ?? '',
      old: asText(diff.oldText),
      new: asText(diff.newText) ?? '',
    })),
    ...(text !== '' && !isOver ? [{ kind: 'output' as const, call, as: 'whole' as const, text }] : []),
    ...(isOver ? [{ kind: 'result' as const, call, status: status === 'completed' ? 'succeeded' as const : 'failed' as const, text: text || outputOf(update.rawOutput) }] : []),
  ]
}

function textOf(content: unknown): string {
  const block = asObject(content) ?? {}
  switch (block.type) {
    case 'text':
      return asText(block.text) ?? ''
    case 'resource_link':
      return asText(block.uri) ?? ''
    case 'resource':
      return asText(asObject(block.resource)?.text) ?? asText(asObject(block.resource)?.uri) ?? ''
    default:
      return `[${asText(block.type)?.slice(0, 40) ?? 'something'} that is not shown]`
  }
}

function outputOf(raw: unknown): string | null {
  if (raw === undefined || raw === null)
    return null
  return asText(raw) ?? asText(asObject(raw)?.output) ?? JSON.stringify(raw)
}
