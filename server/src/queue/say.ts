import type { RunView } from '../domain/views/run.ts'
import type { Notifier } from '../events/notifier.ts'
import type { Actor } from '../store/actor.ts'
import type { Database } from '../store/database.ts'
import type { Move, StandingRun } from '../store/move.ts'
import { event } from '../domain/event.ts'
import { isFinal } from '../domain/run.ts'
import { endOf, moveRun } from '../store/move.ts'
import { getRuns } from '../store/runs.ts'
import { storable } from '../store/text.ts'

interface Services { db: Database, notifier: Notifier }

/** Why nothing could be said, for a person. */
export class ChatError extends Error {
  override readonly name = 'ChatError'
}

/** The next message of a conversation: stored, and the run queued, in one transaction. Rejects with ChatError while it answers, and when it is over. */
export async function say(services: Services, { actor, run, text }: { actor: Actor, run: RunView, text: string }): Promise<RunView> {
  return move(services, actor, run, () => ({
    actor: actor.userId,
    events: [event('message.sent', { by: actor.userName, text: storable(text) })],
    to: { status: 'queued', decidedBy: actor.userId },
  }))
}

/** Ends a conversation that waits for a message: nothing went wrong with it. Rejects with ChatError. */
export async function endChat(services: Services, { actor, run }: { actor: Actor, run: RunView }): Promise<RunView> {
  return move(services, actor, run, (standing) => {
    const { to, ended } = endOf(standing, 'completed', `The conversation was ended by ${actor.userName}.`)
    return { actor: actor.userId, events: [ended], to }
  })
}

async function move({ db, notifier }: Services, actor: Actor, run: RunView, how: (standing: StandingRun) => Move): Promise<RunView> {
  const result = await moveRun(db, run.id, standing => standing.status === 'waiting' && standing.waitingFor?.kind === 'message' ? how(standing) : null)
  if (!result?.moved)
    throw new ChatError(whyNot(run, result?.run))
  notifier.runChanged(run.id, result.lastSeq)
  notifier.queued()
  return (await getRuns(db, [run.id], actor.organisationId))[0]! // it was moved just now
}

function whyNot({ id, isChat }: RunView, standing: StandingRun | undefined): string {
  if (!standing)
    return `there is no run ${id}`
  if (!isChat)
    return `run ${id} is no conversation: start one with an agent or a model`
  if (isFinal(standing.status))
    return `conversation ${id} has ended: start a new one`
  return standing.status === 'waiting'
    ? `conversation ${id} waits for something else to be decided first: see its run`
    : `conversation ${id} is still answering: wait for the answer, or stop it`
}
