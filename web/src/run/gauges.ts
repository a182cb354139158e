import type { RunView } from '@agentos/server/domain/views'
import type { Timeline } from './timeline.ts'
import { formatShortBytes } from '../format/bytes.ts'
import { formatClock, formatWords } from '../format/duration.ts'
import { formatCount, formatUsd } from '../format/number.ts'
import { runDurationMs } from '../format/run.ts'

export interface RunGauge {
  label: string
  value: string
  /** What it may be; null when nothing bounds it. */
  limit: string | null
  used: number
  allowed: number | null
}

/** Only what is known and counted: no bar is drawn for what nobody measures. */
export function gaugesOf(run: RunView, timeline: Timeline, nowMs: number): RunGauge[] {
  const { limits } = run
  const elapsedMs = timeline.end?.durationMs ?? runDurationMs(run, nowMs) ?? 0
  const steps = Math.max(timeline.steps.length, run.steps)
  const outputBytes = Math.max(timeline.outputBytes, run.outputBytes)
  const tokens = Math.max(timeline.tokens.input + timeline.tokens.output, run.tokens)
  const costUsd = timeline.costUsd ?? run.costUsd
  const gauges: RunGauge[] = [
    { label: 'Time', value: formatClock(elapsedMs), limit: formatWords(limits.timeMs), used: elapsedMs, allowed: limits.timeMs },
    { label: 'Steps', value: String(steps), limit: String(limits.steps), used: steps, allowed: limits.steps },
    { label: 'Output', value: formatShortBytes(outputBytes), limit: formatShortBytes(limits.outputBytes), used: outputBytes, allowed: limits.outputBytes },
  ]
  if (tokens > 0 || limits.tokens !== null || timeline.steps.some(step => step.kind === 'model'))
    gauges.push({ label: 'Tokens', value: formatCount(tokens), limit: limits.tokens === null ? null : formatCount(limits.tokens), used: tokens, allowed: limits.tokens })
  if (costUsd !== null)
    gauges.push({ label: 'Cost', value: formatUsd(costUsd), limit: limits.costUsd === null ? null : formatUsd(limits.costUsd), used: costUsd, allowed: limits.costUsd })
  const attempt = Math.max(timeline.attempts.at(-1)?.number ?? 0, run.attempt)
  if (run.maxAttempts > 1 || attempt > 1)
    gauges.push({ label: 'Attempts', value: String(attempt), limit: String(Math.max(run.maxAttempts, attempt)), used: attempt, allowed: Math.max(run.maxAttempts, attempt) })
  return gauges
}
