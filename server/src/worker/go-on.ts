import type { NewEvent } from '../domain/event.ts'
import type { OpenEffect, SoFar } from '../domain/resume/so-far.ts'
import type { IsolationLevel } from '../domain/run.ts'
import type { ClaimedRun } from '../queue/port.ts'
import type { Database } from '../store/database.ts'
import type { AttemptOutcome } from './outcome.ts'
import { event } from '../domain/event.ts'
import { foldSoFar, RESUME_EVENTS } from '../domain/resume/fold.ts'
import { commandsOf, effectPolicy, isRepeatable, settledBy, settlementEvents, unknownEffect } from '../domain/resume/settle.ts'
import { readEventsOf } from '../store/events.ts'

/** What earlier attempts have recorded; null for the first one. */
export async function readSoFar(db: Database, { run, agent, ref }: ClaimedRun): Promise<SoFar | null> {
  if (ref.attempt === 1)
    return null
  return foldSoFar(await readEventsOf(db, run.id, RESUME_EVENTS), { isLlm: agent.manifest.runtime === 'llm' })
}

export interface GoOn {
  /** As it is after what is settled here. */
  soFar: SoFar
  /** For the log, before anything of the attempt. */
  events: NewEvent[]
  /** The attempt ends with it before it has begun: a person has to decide, or the run cannot go on. */
  outcome: AttemptOutcome | null
}

interface Going { level: IsolationLevel, workspace: { isKept: boolean, isRestored: boolean } }

/**
 * Settles what was under way when an earlier attempt was lost, by the manifest's policy, and says what the new one keeps and repeats.
 * `workspace`: whether it is as the earlier attempts left it, here or on another machine.
 */
export function goOn(soFar: SoFar, { agent }: ClaimedRun, { level, workspace }: Going): GoOn {
  const { manifest } = agent
  const policy = effectPolicy(manifest, level)
  const isLoaded = workspace.isKept && soFar.session !== null && soFar.open.some(isTurnOfAgent)
  const mayGoOn = (effect: OpenEffect) => isRepeatable(effect, manifest) || (isLoaded && isTurnOfAgent(effect))
  const repeatable = soFar.open.filter(mayGoOn)
  const unknown = soFar.open.filter(effect => !mayGoOn(effect))
  const notice = manifest.runtime === 'acp' && soFar.open.some(isTurnOfAgent) ? noticeOf(isLoaded) : null
  const resumed = event('run.resumed', {
    kept: soFar.kept,
    repeated: repeatable.length,
    unknown: unknown.length,
    workspace: workspace.isRestored ? 'restored' : workspace.isKept ? 'kept' : 'new',
    ...(notice && { notice }),
  })
  const events = [resumed, ...unknown.map(unknownEffect)]
  const [first] = unknown
  if (!first)
    return { soFar: isLoaded ? soFar : { ...soFar, session: null }, events, outcome: null }
  if (policy === 'ask')
    return { soFar, events, outcome: askAbout(first) }
  const settlements = unknown.map(effect => ({ effect, as: settledBy(policy, effect, manifest) }))
  const settled = settlements.flatMap(({ effect, as }) =>
    settlementEvents(effect, { as, by: `policy ${policy}` }, effect.place !== null && commandsOf(manifest)[effect.place]?.continueOnError === true))
  const interrupted = settlements.find(({ as }) => as === 'interrupted')
  return {
    soFar: { ...withTold(soFar, settled), session: isLoaded ? soFar.session : null },
    events: [...events, ...settled],
    outcome: interrupted ? whyInterrupted(interrupted.effect) : null,
  }
}

/** The turn of somebody else's agent is the first command of its run. */
function isTurnOfAgent({ place, call }: OpenEffect): boolean {
  return place === 0 && call === null
}

function noticeOf(isLoaded: boolean): string {
  return isLoaded
    ? 'Its agent loads the session that it had, and goes on in it.'
    : 'Its agent has no session here that it could load: it begins again.'
}

function askAbout({ effect, step, call, place, name, command, startedAt }: OpenEffect): AttemptOutcome {
  return {
    reason: 'interrupted',
    detail: `Nobody knows how "${name}" ended: what ran it was lost in the middle.`,
    canPass: false,
    survivors: 0,
    waitingFor: { kind: 'settlement', effect, step, call, place, name, command, startedAt },
  }
}

function whyInterrupted({ name }: OpenEffect): AttemptOutcome {
  return {
    reason: 'interrupted',
    detail: `Nobody knows how step "${name}" ended: what ran it was lost in the middle, and it may not be done twice. With idempotent: true it is done again; with effects: ask a person decides.`,
    canPass: false,
    survivors: 0,
  }
}

/** The model's calls that were answered just now, by what settled them. */
function withTold(soFar: SoFar, settled: NewEvent[]): SoFar {
  const { turn } = soFar
  const answers = settled.flatMap(one => one.type === 'tool.finished' ? [one.data] : [])
  if (!turn || answers.length === 0)
    return soFar
  const calls = turn.calls.filter(({ id }) => !answers.some(answer => answer.step === turn.step && answer.call === id))
  return {
    ...soFar,
    messages: [...soFar.messages, ...answers.map(({ call, tool, result }) => ({ role: 'tool' as const, callId: call, tool, content: result }))],
    turn: calls.length > 0 ? { ...turn, calls } : null,
  }
}
