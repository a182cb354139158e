import type { RunView } from '@agentos/server/domain/views/run'
import type { Timeline } from './timeline.ts'

export type Choice = 'done' | 'failed' | 'repeat'

export interface SettlementQuestion {
  effect: string
  /** The step, or the tool. */
  name: string
  command: string
  startedAt: string
  /** When it was found that nobody knows; null until the log has said so. */
  unknownAt: string | null
  choices: { as: Choice, label: string, means: string }[]
}

/** What a person is asked while a run is parked for an effect whose outcome nobody knows; null when nothing is asked. */
export function settlementQuestion(run: RunView, timeline: Timeline): SettlementQuestion | null {
  const { waitingFor } = run
  if (run.status !== 'waiting' || waitingFor?.kind !== 'settlement' || timeline.end)
    return null
  const effect = timeline.effectsById.get(waitingFor.effect)
  if (effect?.settled)
    return null
  return {
    effect: waitingFor.effect,
    name: waitingFor.name,
    command: waitingFor.command,
    startedAt: waitingFor.startedAt,
    unknownAt: effect ? new Date(effect.unknownAt).toISOString() : null,
    choices: waitingFor.call === null ? OF_A_STEP : OF_A_CALL,
  }
}

const REPEAT = { as: 'repeat', label: 'Do it again', means: 'It is run once more from its beginning. Only if twice does no harm.' } as const

const OF_A_STEP: SettlementQuestion['choices'] = [
  { as: 'done', label: 'It was done', means: 'The step counts as succeeded, and the run goes on after it.' },
  { as: 'failed', label: 'It failed', means: 'The step counts as failed: the run ends, unless its manifest lets it go on.' },
  REPEAT,
]

const OF_A_CALL: SettlementQuestion['choices'] = [
  { as: 'done', label: 'It was done', means: 'The model is told that it was done, with your note, and goes on.' },
  { as: 'failed', label: 'It failed', means: 'The model is told that it was not done, with your note, and goes on.' },
  REPEAT,
]
