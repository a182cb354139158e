import { isFinal, RUN_STATUSES } from '../../domain/run.ts'
import { CATCH_UPS, OVERLAPS } from '../../domain/schedule.ts'
import { TRANSCRIPT_FORMATS } from '../../domain/transcript.ts'
import { COMPLETION_SCRIPTS } from './scripts.ts'

/** What fits at a place: words that are known, something that a server knows, or what the shell finds itself. */
export type Wanted = readonly string[] | Asked | 'files' | 'folders'

/** What only the data know. */
export type Asked = 'agents' | 'runs' | 'open runs' | 'settlements' | 'approvals' | 'schedules' | 'secrets' | 'chats' | 'budgets'

/** By the command and the long option or the argument. What is not here: files, where its name says so; else nothing. */
export const WANTED: Record<string, readonly Wanted[]> = {
  'run manifest': ['agents', 'files'],
  'run --workspace': ['folders'],
  'chat agent': ['agents', 'files'],
  'chat --provider': [['claude', 'cohere', 'gemini', 'github', 'ollama', 'openai']],
  'chat --resume': ['chats'],
  'chat --export': ['chats'],
  'chat --format': [TRANSCRIPT_FORMATS],
  'ps --status': [RUN_STATUSES],
  'logs run': ['runs', 'agents'],
  'stop run': ['open runs', 'agents'],
  'settle run': ['settlements'],
  'settle outcome': [['done', 'failed', 'repeat']],
  'approve approval': ['approvals'],
  'prune --status': [RUN_STATUSES.filter(isFinal)],
  'schedule manifest': ['agents', 'files'],
  'schedule --timezone': [Intl.supportedValuesOf('timeZone')],
  'schedule --overlap': [OVERLAPS],
  'schedule --catch-up': [CATCH_UPS],
  'unschedule schedule': ['schedules', 'agents'],
  'budget set --agent': ['agents'],
  'budget set --per': [['day', 'month', 'total']],
  'budget set --timezone': [Intl.supportedValuesOf('timeZone')],
  'budget remove budget': ['budgets'],
  'secret set name': ['secrets'],
  'secret remove name': ['secrets'],
  'completion shell': [Object.keys(COMPLETION_SCRIPTS)],
}

export function wantedAt(place: string): readonly Wanted[] {
  const known = WANTED[place]
  if (known)
    return known
  return /folder|\bdir/.test(place) ? ['folders'] : /file|path|manifest|archive/.test(place) ? ['files'] : []
}
