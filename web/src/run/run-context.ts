import type { RunEvent } from '@agentos/server/domain/event'
import type { AgentDetail } from '@agentos/server/domain/views/agent'
import type { RunView } from '@agentos/server/domain/views/run'
import type { InjectionKey, Ref, ShallowRef } from 'vue'
import type { FollowState } from '../stores/run-events.ts'
import type { OneUsage } from '../stores/run-usage.ts'
import type { Choice, SettlementQuestion } from './settlement.ts'
import type { Timeline } from './timeline.ts'
import { inject } from 'vue'

export const RUN_TABS = ['timeline', 'step', 'terminal', 'processes', 'files', 'events'] as const
export type RunTab = (typeof RUN_TABS)[number]

/**
 * What the parts of the run page share. The timeline and the events are the same objects all the time: a part that reads
 * them through these refs is drawn again when they have grown.
 */
export interface RunContext {
  run: ShallowRef<RunView | null>
  agent: ShallowRef<AgentDetail | null>
  timeline: ShallowRef<Timeline>
  events: ShallowRef<RunEvent[]>
  /** What its processes use. */
  live: OneUsage
  state: Ref<FollowState>
  problem: Ref<string | null>
  /** Milliseconds since 1970, never before the newest event: two clocks may differ. */
  nowMs: Readonly<Ref<number>>
  /** The key of the chosen row. */
  selectedKey: Ref<string | null>
  /** The reading keeps to the newest step. */
  following: Ref<boolean>
  /** Grows when the reading should scroll to the chosen row. */
  reveal: Ref<number>
  tab: Ref<RunTab>
  /** Whose output the terminal shows. */
  terminalScope: Ref<'run' | 'step'>
  /** A card that a person has opened (true) or closed. */
  opened: Map<string, boolean>
  /** What a person is asked while it is parked. */
  settlement: Readonly<Ref<SettlementQuestion | null>>
  /** The answer is on its way; why the last one was refused. */
  settling: { busy: Readonly<Ref<boolean>>, problem: Readonly<Ref<string | null>> }
  settle: (as: Choice, note: string | null) => Promise<void>
  /** `stay`: the reading does not scroll to it. */
  select: (key: string, how?: { stay: boolean }) => void
  /** Shows the whole output of the row's step. */
  openTerminal: (key: string) => void
}

export const runContextKey: InjectionKey<RunContext> = Symbol('run')

export function useRunContext(): RunContext {
  const context = inject(runContextKey)
  if (!context)
    throw new Error('no run here: this part belongs inside the run page')
  return context
}
