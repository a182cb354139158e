import type { EffectSettlement } from '../domain/run.ts'
import type { RunView } from '../domain/views/run.ts'
import type { Notifier } from '../events/notifier.ts'
import type { Actor } from '../store/actor.ts'
import type { Database } from '../store/database.ts'
import type { Move, StandingRun } from '../store/move.ts'
import { commandsOf, settlementEvents } from '../domain/resume/settle.ts'
import { getAgentVersion } from '../store/agents.ts'
import { endOf, moveRun } from '../store/move.ts'
import { getRuns } from '../store/runs.ts'
import { storable } from '../store/text.ts'

export interface Settling {
  actor: Actor
  run: RunView
  /** null: the one that it waits for. */
  effect: string | null
  as: Extract<EffectSettlement, 'done' | 'failed' | 'repeat'>
  note: string | null
}

/** Why it could not be settled, for a person. */
export class SettleError extends Error {
  override readonly name = 'SettleError'
}

/**
 * A person says what became of an effect that a run waits for; the run goes on from there, or ends when a step has failed that its
 * manifest does not let fail. Resolves to the run as it is then. Rejects with SettleError when it waits for nothing, or for something else.
 */
export async function settle({ db, notifier }: { db: Database, notifier: Notifier }, { actor, run, effect, as, note }: Settling): Promise<RunView> {
  const agent = await getAgentVersion(db, run.agentId, run.agentVersion)
  const commands = agent ? commandsOf(agent.manifest) : []
  const isContinued = (place: number | null): boolean => place !== null && commands[place]?.continueOnError === true
  const decide = (standing: StandingRun): Move | null => {
    const { waitingFor } = standing
    if (standing.status !== 'waiting' || waitingFor?.kind !== 'settlement' || (effect !== null && effect !== waitingFor.effect))
      return null
    const goesOn = as !== 'failed' || waitingFor.call !== null || isContinued(waitingFor.place)
    const events = settlementEvents(waitingFor, { as, by: actor.userName, ...note && { note: storable(note) } }, isContinued(waitingFor.place))
    if (goesOn)
      return { actor: actor.userId, events, to: { status: 'queued', decidedBy: actor.userId } }
    const { to, ended } = endOf(standing, 'error', `Step "${waitingFor.name}" failed, says ${actor.userName}${note ? `: ${note}` : ''}.`)
    return { actor: actor.userId, events: [...events, ended], to }
  }
  const result = await moveRun(db, run.id, decide)
  if (!result?.moved)
    throw new SettleError(whyNot(run, effect, result?.run))
  notifier.runChanged(run.id, result.lastSeq)
  notifier.queued()
  return (await getRuns(db, [run.id], actor.organisationId))[0]! // it was moved just now
}

function whyNot(run: RunView, effect: string | null, standing: StandingRun | undefined): string {
  if (!standing)
    return `there is no run ${run.id}`
  if (standing.status !== 'waiting' || standing.waitingFor?.kind !== 'settlement')
    return `run ${run.id} is ${standing.status} and waits for no settlement`
  return `run ${run.id} waits for effect ${standing.waitingFor.effect}, not for ${effect}`
}
