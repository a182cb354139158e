import type { RunView } from '@agentos/server/domain/views/run'
import { isFinal } from '@agentos/server/domain/run'

/** `decision`: something else than a message has to be said first, on the page of its run. */
export type ChatState = 'ready' | 'answering' | 'decision' | 'over'

export function chatStateOf({ status, waitingFor }: Pick<RunView, 'status' | 'waitingFor'>): ChatState {
  if (isFinal(status))
    return 'over'
  if (status !== 'waiting')
    return 'answering'
  return waitingFor?.kind === 'message' ? 'ready' : 'decision'
}

export const CHAT_STATE_WORDS: Record<ChatState, string> = {
  ready: 'your turn',
  answering: 'answering',
  decision: 'waits for a decision',
  over: 'ended',
}

export const CHAT_STATE_TONES: Record<ChatState, string> = {
  ready: '',
  answering: 'text-live',
  decision: 'text-wait',
  over: '',
}
