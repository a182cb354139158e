import type { RunEvent } from '@agentos/server/domain/event'
import type { EndReason } from '@agentos/server/domain/run'

/** What was said in a conversation, as its page shows it. Grown in place by `appendToConversation`; a turn's `version` says that it has changed. */
export interface Conversation {
  /** The seq of the last event that was folded in. */
  lastSeq: number
  items: Item[]
  /** By the step of the run. */
  turns: Map<number, Turn>
  /** Whether the last message has its answer. */
  isAnswered: boolean
}

export type Item
  = | { kind: 'person', key: string, at: string, by: string, text: string }
    | { kind: 'turn', key: string, turn: Turn }
    /** An answer that did not come, and why. */
    | { kind: 'nobody', key: string, at: string, text: string }
    | { kind: 'end', key: string, at: string, reason: EndReason, text: string }

/** One answer of the model, or the words around the tools that it asks for. */
export interface Turn {
  /** provider/model. */
  model: string
  at: string
  text: string
  reasoning: string
  tools: UsedTool[]
  state: 'asked' | 'streaming' | 'answered' | 'failed' | 'stopped'
  /** Why the provider ended it. */
  finish: string | null
  version: number
}

export interface UsedTool {
  call: string
  tool: string
  input: unknown
  /** What it does as a command, once it has started. */
  command: string | null
  status: 'running' | 'succeeded' | 'failed' | 'denied' | 'stopped'
  result: string
}

export function createConversation(): Conversation {
  return { lastSeq: 0, items: [], turns: new Map(), isAnswered: false }
}

/** Oldest first; what it has had already is passed over. */
export function appendToConversation(conversation: Conversation, events: readonly RunEvent[]): void {
  for (const event of events) {
    if (event.seq <= conversation.lastSeq)
      continue
    conversation.lastSeq = event.seq
    fold(conversation, event)
  }
}

function fold(conversation: Conversation, event: RunEvent): void {
  const { items, turns } = conversation
  const key = `event-${event.seq}`
  switch (event.type) {
    case 'run.submitted':
      items.push({ kind: 'person', key, at: event.at, by: event.data.by, text: event.data.task })
      break
    case 'message.sent':
      items.push({ kind: 'person', key, at: event.at, by: event.data.by, text: event.data.text })
      conversation.isAnswered = false
      break
    case 'model.requested':
      ask(conversation, event)
      break
    case 'model.delta':
      change(turns.get(event.data.step), turn => Object.assign(turn, { state: 'streaming', [event.data.kind]: turn[event.data.kind] + event.data.text }))
      break
    case 'model.responded':
      respond(conversation, event.data)
      break
    case 'tool.proposed':
      change(turns.get(event.data.step), ({ tools }) => {
        // What was not done before its worker was lost is proposed again.
        if (!tools.some(one => one.call === event.data.call))
          tools.push({ call: event.data.call, tool: event.data.tool, input: event.data.input, command: null, status: 'running', result: '' })
      })
      break
    case 'tool.started':
      changeTool(conversation, event.data, { command: event.data.command, status: 'running' })
      break
    case 'tool.finished':
      changeTool(conversation, event.data, { status: event.data.status, result: event.data.result })
      break
    case 'attempt.lost':
      stopOpen(conversation)
      break
    case 'run.parked':
      if (event.data.for !== 'message')
        break
      stopOpen(conversation)
      if (!conversation.isAnswered)
        items.push({ kind: 'nobody', key, at: event.at, text: event.data.detail })
      break
    case 'run.ended':
      stopOpen(conversation)
      items.push({ kind: 'end', key, at: event.at, reason: event.data.reason, text: event.data.detail })
  }
}

/** A turn that was cut off is asked for again under its number, and begins anew. */
function ask({ items, turns }: Conversation, { seq, at, data }: Extract<RunEvent, { type: 'model.requested' }>): void {
  const before = turns.get(data.step)
  const fresh = { model: data.model, at, text: '', reasoning: '', tools: [], state: 'asked' as const, finish: null }
  if (before) {
    Object.assign(before, fresh, { version: before.version + 1 })
    return
  }
  const turn: Turn = { ...fresh, version: 0 }
  turns.set(data.step, turn)
  items.push({ kind: 'turn', key: `event-${seq}`, turn })
}

function respond(conversation: Conversation, data: Extract<RunEvent, { type: 'model.responded' }>['data']): void {
  const isWhole = data.error === undefined
  if (isWhole && data.toolCalls.length === 0)
    conversation.isAnswered = true
  change(conversation.turns.get(data.step), (turn) => {
    turn.model = data.model
    turn.state = isWhole ? 'answered' : 'failed'
    turn.finish = data.finish
    // What was shown as it came stays: the answer of a failure is often empty.
    if (data.text !== '')
      turn.text = data.text
  })
}

function changeTool({ turns }: Conversation, { step, call }: { step: number, call: string }, to: Partial<UsedTool>): void {
  change(turns.get(step), ({ tools }) => Object.assign(tools.find(one => one.call === call) ?? {}, to))
}

function change(turn: Turn | undefined, how: (turn: Turn) => void): void {
  if (!turn)
    return
  how(turn)
  turn.version++
}

/** Nothing of it runs any more. */
function stopOpen({ turns }: Conversation): void {
  for (const turn of turns.values()) {
    if (turn.state === 'asked' || turn.state === 'streaming' || turn.tools.some(tool => tool.status === 'running')) {
      change(turn, () => {
        if (turn.state === 'asked' || turn.state === 'streaming')
          turn.state = 'stopped'
        for (const tool of turn.tools)
          tool.status = tool.status === 'running' ? 'stopped' : tool.status
      })
    }
  }
}
