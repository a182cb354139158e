import type { NewEvent } from '../event.ts'
import type { Manifest } from '../manifest/manifest.ts'
import type { EffectSettlement, IsolationLevel } from '../run.ts'
import type { OpenEffect } from './so-far.ts'
import { event } from '../event.ts'
import { isWalled } from '../manifest/walled.ts'
import { isRepeatableRequest } from '../tool-action.ts'

/** Tools that change nothing, or that come to the same when they are called twice. */
const REPEATABLE_TOOLS = new Set(['read_file', 'list_files', 'search_files', 'write_file', 'read_result'])

/** May it be done again whatever became of it? */
export function isRepeatable({ place, call, name, command }: OpenEffect, { steps, verify, runtime }: Pick<Manifest, 'steps' | 'verify' | 'runtime'>): boolean {
  if (call !== null)
    return REPEATABLE_TOOLS.has(name) || (name === 'fetch' && isRepeatableRequest(command))
  return place !== null && commandsOf({ steps, verify, runtime })[place]?.idempotent === true
}

/** The manifest's commands by their place: its steps, then its checks. Somebody else's agent is the one step of its run. */
export function commandsOf({ steps, verify, runtime }: Pick<Manifest, 'steps' | 'verify' | 'runtime'>): ({ idempotent: boolean, continueOnError: boolean } | undefined)[] {
  return [...isAgent(runtime) ? [undefined] : steps, ...verify]
}

/** The place of the first check. */
export function firstCheck({ steps, runtime }: Pick<Manifest, 'steps' | 'runtime'>): number {
  return isAgent(runtime) ? 1 : steps.length
}

/** Whether the run is the work of somebody else's agent. */
export function isAgent(runtime: Manifest['runtime']): boolean {
  return runtime === 'command' || runtime === 'acp'
}

export type EffectPolicy = 'ask' | 'tell' | 'retry'

/** What the manifest says, or: tell where nothing of the run can reach out, else ask. */
export function effectPolicy({ effects, network, mcp }: Pick<Manifest, 'effects' | 'network' | 'mcp'>, level: IsolationLevel): EffectPolicy {
  const reachesOut = !isWalled(network, level) || Object.values(mcp).some(({ kind }) => kind !== 'stdio')
  return effects ?? (reachesOut ? 'ask' : 'tell')
}

/** How a policy other than `ask` settles it: a script cannot be told, a model and somebody else's agent can. */
export function settledBy(policy: 'tell' | 'retry', { call, place }: OpenEffect, { runtime }: Pick<Manifest, 'runtime'>): EffectSettlement {
  if (policy === 'retry')
    return 'repeat'
  return call !== null || (isAgent(runtime) && place === 0) ? 'told' : 'interrupted'
}

export function unknownEffect({ effect, step, call, name, command }: OpenEffect): NewEvent {
  return event('effect.unknown', { effect, step, ...call !== null && { call }, name, command })
}

export interface Settlement { as: EffectSettlement, by: string, note?: string | undefined }

/** What stands in the log for a settlement: the settlement, and the outcome that follows from it, as if the effect had ended so by itself. */
export function settlementEvents({ effect, step, call, name }: Pick<OpenEffect, 'effect' | 'step' | 'call' | 'name'>, { as, by, note }: Settlement, isContinued: boolean): NewEvent[] {
  const settled = event('effect.settled', { effect, as, by, ...note !== undefined && { note } })
  if (call !== null) {
    const result = toolResult(as, note)
    return result === null ? [settled] : [settled, event('tool.finished', { step, call, tool: name, status: as === 'done' ? 'succeeded' : 'failed', result, durationMs: 0 })]
  }
  if (as !== 'done' && as !== 'failed')
    return [settled]
  const status = as === 'done' ? 'succeeded' : 'failed'
  const detail = `${by} says that it ${as === 'done' ? 'was done' : 'failed'}${note === undefined ? '' : `: ${note}`}`
  return [settled, event('step.finished', { step, status, detail, ...as === 'failed' && isContinued && { continued: true }, durationMs: 0 })]
}

/** What the model is told. */
function toolResult(as: EffectSettlement, note: string | undefined): string | null {
  switch (as) {
    case 'done': return ['A person looked: this was done.', note].filter(Boolean).join(' ')
    case 'failed': return ['A person looked: this was not done.', note].filter(Boolean).join(' ')
    case 'told': return 'Nobody knows whether this was done: what ran it was lost in the middle. Look before you do it again.'
    default: return null
  }
}
