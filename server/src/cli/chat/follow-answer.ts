import type { RunEvent } from '@agentos/client'
import type { Place } from '../follow-run.ts'
import { followRun } from '../follow-run.ts'

/** Why the following is over, and the seq of the last event that was shown. */
export interface AnswerEnd {
  /** `message`: it waits for one; `person`: it waits for something else to be decided; `left`: nobody is there any more. */
  by: 'message' | 'person' | 'ended' | 'left'
  seq: number
  /** Why no answer came; null when it did. */
  failure: string | null
}

export interface FollowAnswer {
  after: number
  /** What stands before this seq is history: a wait in it is over. */
  until: number
  /** Whether it goes on to follow while somebody else has to decide something. */
  waitsForOthers: boolean
  signal: AbortSignal
  show: (event: RunEvent) => void
  onConnection: (isUp: boolean) => void
}

/** Follows a conversation until it waits for the next message, or is over. */
export async function followAnswer(place: Place, chat: string, { after, until, waitsForOthers, signal, show, onConnection }: FollowAnswer): Promise<AnswerEnd> {
  let seq = after
  let isAnswered = false
  for await (const event of followRun(place, chat, { after, signal, onConnection })) {
    seq = event.seq
    show(event)
    if (event.type === 'message.sent')
      isAnswered = false
    if (event.type === 'model.responded' && event.data.error === undefined && event.data.toolCalls.length === 0)
      isAnswered = true
    if (event.type === 'run.ended')
      return { by: 'ended', seq, failure: event.data.reason === 'completed' ? null : event.data.detail || event.data.reason }
    if (event.type !== 'run.parked' || event.seq < until)
      continue
    if (event.data.for === 'message')
      return { by: 'message', seq, failure: isAnswered ? null : event.data.detail }
    if (!waitsForOthers)
      return { by: 'person', seq, failure: event.data.detail }
  }
  return { by: 'left', seq, failure: null }
}
