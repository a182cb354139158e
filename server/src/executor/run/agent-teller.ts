import type { NewEvent } from '../../domain/event.ts'
import type { AgentCalls } from './agent-calls.ts'
import type { AgentSaid, PlanEntry } from './agent-said.ts'
import type { EventBudget } from './event-budget.ts'
import type { RunEnd } from './run-control.ts'
import { createAgentCalls } from './agent-calls.ts'
import { bounded, boundedLine } from './bounded-text.ts'
import { createEventBudget } from './event-budget.ts'
import { storable } from './json.ts'
import { newEvent } from './new-event.ts'

/** Turns what somebody else's agent says into events of its step: its words gathered, everything bounded, never faster than the log takes it. */
export interface AgentTeller {
  say(said: AgentSaid): void
  /** Says what is held back. Calls that are still open end with the step: `why`. */
  finish(why: string): void
  /** It has said itself that it failed. */
  failure(): RunEnd | null
  call(id: string): ReturnType<AgentCalls['get']>
  hasRoom(): boolean
  onRoom: () => void
}

const GATHER_MS = 200
const GATHER_CHARACTERS = 16 * 1024
const MAX_DIFF_CHARACTERS = 64 * 1024
const MAX_KEPT_DIFFS = 8
const MAX_PLAN_ENTRIES = 200
const MAX_ENTRY_CHARACTERS = 1000
const MAX_NAME_CHARACTERS = 200
const MAX_PATH_CHARACTERS = 4096

export function createAgentTeller(o: { step: number, tell: (event: NewEvent) => void, keepRaw: () => void }): AgentTeller {
  const { step } = o
  let gathered: { kind: 'text' | 'thought', text: string } | null = null
  let timer: NodeJS.Timeout | null = null
  let lastPlan = ''
  const toldDiffs = new Map<string, string>()
  let session = { session: '', agent: '', canLoad: false, mode: '' }
  let failed: RunEnd | null = null
  const budget: EventBudget = createEventBudget(() => teller.onRoom())
  const calls = createAgentCalls({ step, tell, keepRaw: o.keepRaw })
  const teller: AgentTeller = { say, finish, failure: () => failed, call: calls.get, hasRoom: budget.hasRoom, onRoom: () => {} }
  return teller

  function say(said: AgentSaid): void {
    if (said.kind !== 'text' && said.kind !== 'thought')
      release()
    switch (said.kind) {
      case 'text':
      case 'thought':
        return gather(said.kind, said.text)
      case 'session':
        return tellSession(said)
      case 'plan':
        return tellPlan(said.entries)
      case 'diff':
        return tellDiff(said)
      case 'failure':
        failed = { reason: 'error', detail: `says that it failed: ${boundedLine(said.detail, 2000)}`, canPass: true }
        return
      default:
        calls.take(said)
    }
  }

  function gather(kind: 'text' | 'thought', text: string): void {
    if (gathered?.kind !== kind)
      release()
    gathered = { kind, text: (gathered?.text ?? '') + text }
    if (gathered.text.length >= GATHER_CHARACTERS)
      release()
    else
      timer ??= setTimeout(release, GATHER_MS)
  }

  function release(): void {
    if (timer)
      clearTimeout(timer)
    timer = null
    const held = gathered
    gathered = null
    for (let from = 0; held && from < held.text.length; from += MAX_DIFF_CHARACTERS)
      tell(newEvent('agent.message', { step, kind: held.kind, text: held.text.slice(from, from + MAX_DIFF_CHARACTERS) }))
  }

  function tell(event: NewEvent): void {
    budget.spend()
    o.tell({ ...event, data: storable(event.data) } as NewEvent) // The same with other characters.
  }

  function tellSession(said: Extract<AgentSaid, { kind: 'session' }>): void {
    const name = (text: string | null, before: string) => text === null ? before : boundedLine(text, MAX_NAME_CHARACTERS)
    const next = {
      session: said.session ?? session.session,
      agent: name(said.agent, session.agent),
      canLoad: said.canLoad ?? session.canLoad,
      mode: name(said.mode, session.mode),
    }
    // One that is cut would name another session, or none.
    if (next.session === '' || next.session.length > MAX_NAME_CHARACTERS || JSON.stringify(next) === JSON.stringify(session))
      return
    session = next
    const { mode, ...data } = next
    tell(newEvent('agent.session', { step, ...data, ...(mode !== '' && { mode }) }))
  }

  function tellPlan(entries: PlanEntry[]): void {
    if (entries.length > MAX_PLAN_ENTRIES)
      o.keepRaw()
    const shown = entries.slice(0, MAX_PLAN_ENTRIES).map(({ content, status }) => ({ content: boundedLine(content, MAX_ENTRY_CHARACTERS), status }))
    const plan = JSON.stringify(shown)
    if (plan === lastPlan)
      return
    lastPlan = plan
    tell(newEvent('agent.plan', { step, entries: shown }))
  }

  function tellDiff(diff: Extract<AgentSaid, { kind: 'diff' }>): void {
    const key = `${diff.call} ${diff.path}`
    if (toldDiffs.get(key) === diff.new)
      return // said again with the next word of its call
    toldDiffs.delete(key)
    toldDiffs.set(key, diff.new)
    if (toldDiffs.size > MAX_KEPT_DIFFS)
      toldDiffs.delete(toldDiffs.keys().next().value!) // The oldest of many.
    const [before, after] = [diff.old, diff.new].map(text => text === null ? null : bounded(text, MAX_DIFF_CHARACTERS))
    if (before?.isCut || after?.isCut)
      o.keepRaw()
    tell(newEvent('agent.diff', {
      step,
      ...(diff.call !== null && { call: boundedLine(diff.call, MAX_NAME_CHARACTERS) }),
      path: boundedLine(diff.path, MAX_PATH_CHARACTERS),
      old: before?.text ?? null,
      new: after?.text ?? '',
    }))
  }

  function finish(why: string): void {
    release()
    calls.finish(why)
    budget.stop()
  }
}
