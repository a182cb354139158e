import type { ModelTurn, Step } from './timeline.ts'
import { formatCount, plural } from '../format/number.ts'
import { shortModel } from './headline.ts'
import { markOf } from './marks.ts'

/** What the card of a model's turn shows; all but its name is empty before the model was asked. */
export function describeTurn(step: Step) {
  const { turn } = step
  const running = step.status === 'running'
  return {
    mark: markOf(step.status),
    running,
    streaming: running && turn !== null && turn.respondedAt === null,
    model: turn ? shortModel(turn.model) : step.name,
    prompt: turn && promptOf(turn),
    text: turn?.text ?? '',
    reasoning: turn?.reasoning ?? '',
    error: turn?.error ?? null,
    usage: turn?.usage ?? null,
    perSecond: turn && tokensPerSecond(turn),
    costUsd: turn?.costUsd ?? null,
    durationMs: turn?.durationMs ?? step.durationMs ?? (step.endedAt === null ? null : step.endedAt - step.startedAt),
    oddEnd: turn && oddEnd(turn),
  }
}

function promptOf(turn: ModelTurn): string {
  const parts = [plural(turn.messages, 'message')]
  if (turn.usage?.cachedTokens)
    parts.push(`${formatCount(turn.usage.cachedTokens)} tokens of them cached`)
  if (turn.tools.length > 0)
    parts.push(plural(turn.tools.length, 'tool'))
  return parts.join(', ')
}

/** From the first word to the last; null when that was too short to say. */
function tokensPerSecond(turn: ModelTurn): number | null {
  if (!turn.usage || turn.firstTextAt === null || turn.respondedAt === null)
    return null
  const answeredMs = turn.respondedAt - turn.firstTextAt
  return answeredMs > 200 ? Math.round(turn.usage.outputTokens / answeredMs * 1000) : null
}

function oddEnd(turn: ModelTurn): string | null {
  if (turn.finish === 'length')
    return 'cut off at its limit of tokens'
  return turn.finish === 'content_filter' ? 'withheld by the provider' : null
}
