import type { Continuation } from '../continuation.ts'
import type { WaitingForSettlement } from '../views/run.ts'

/** What earlier attempts of a run have recorded: where another one goes on. A fold of the log (fold.ts). */
export interface SoFar {
  /** Commands of the manifest that are not done again, by their place. */
  done: DoneStep[]
  /** What the model and its tools have said so far, after the instructions and the task. */
  messages: ConversationMessage[]
  /** The model's last turn, when it asked for tools that have not all answered. */
  turn: { step: number, calls: CallToDo[] } | null
  /** The model has given its last answer. */
  isAnswered: boolean
  /** Of somebody else's agent that was lost in the middle: what it can load to go on. */
  session: string | null
  /** Begun, with no outcome in the log, and nobody has settled it. */
  open: OpenEffect[]
  /** Finished steps, tool calls and answers. */
  kept: number
  /** The workspace was made, and commands have worked in it. */
  hasWorkspace: boolean
  needsWorkspace: boolean
}

export interface DoneStep { place: number, name: string, status: 'succeeded' | 'failed' | 'skipped', exitCode: number | null }

export type ConversationMessage
  = | { role: 'user', content: string }
    | { role: 'assistant', content: string, toolCalls: CallToDo[], continuation?: Continuation }
    | { role: 'tool', callId: string, tool: string, content: string }

export interface CallToDo { id: string, tool: string, input: unknown }

/** A command of a script or a tool call of a model that was under way when its worker was lost. */
export type OpenEffect = Omit<WaitingForSettlement, 'kind'>

export function effectName(step: number, call: string | null): string {
  return call === null ? String(step) : `${step}/${call}`
}
