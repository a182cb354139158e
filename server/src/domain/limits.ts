import type { EndReason } from './run.ts'

/** What a run may use up. Reaching one ends the run with its reason; at 80 % of it the log says so. */
export const LIMITS = {
  time: { reason: 'timeout', unit: 'ms' },
  cpuTime: { reason: 'cpu_limit', unit: 'ms' },
  steps: { reason: 'step_limit', unit: 'count' },
  memory: { reason: 'memory_limit', unit: 'bytes' },
  processes: { reason: 'process_limit', unit: 'count' },
  files: { reason: 'file_limit', unit: 'count' },
  output: { reason: 'output_limit', unit: 'bytes' },
  disk: { reason: 'disk_limit', unit: 'bytes' },
  tokens: { reason: 'budget_exhausted', unit: 'tokens' },
  cost: { reason: 'budget_exhausted', unit: 'usd' },
} as const satisfies Record<string, { reason: EndReason, unit: 'ms' | 'count' | 'bytes' | 'tokens' | 'usd' }>

export type LimitName = keyof typeof LIMITS
export const LIMIT_NAMES = Object.keys(LIMITS) as LimitName[]

/** The part of a limit at which the log says that it comes near. */
export const APPROACHED = 0.8

/**
 * What keeps a limit.
 * - cgroup: the kernel, for all processes of the run together
 * - rlimit: the kernel, for each process by itself
 * - watched: the executor, which measures all of them and ends the run
 * - counted: the executor, which does the thing that is counted
 * - reserved: the worker, which makes no call that could go over
 * - none: nothing here
 */
export const LIMIT_KEEPERS = ['cgroup', 'rlimit', 'watched', 'counted', 'reserved', 'none'] as const
export type LimitKeeper = (typeof LIMIT_KEEPERS)[number]

/** `cpu` is the share of the processors; it slows a run down and never ends it. More than one may keep a limit: the strictest stands first. */
export type LimitKeepers = Record<LimitName | 'cpu', LimitKeeper[]>

/** Nothing keeps anything. */
export const UNKEPT: LimitKeepers = {
  time: ['none'],
  cpuTime: ['none'],
  steps: ['none'],
  memory: ['none'],
  processes: ['none'],
  files: ['none'],
  output: ['none'],
  disk: ['none'],
  tokens: ['none'],
  cost: ['none'],
  cpu: ['none'],
}
