import type { LimitKeeper, LimitName } from '@agentos/server/domain/limits'
import type { RunView } from '@agentos/server/domain/views/run'
import type { UsageShown } from '../stores/usage-intake.ts'
import type { Timeline } from './timeline.ts'
import { isKept, keptInWords } from '@agentos/server/domain/limit-words'
import { isFinal } from '@agentos/server/domain/run'
import { formatShortBytes } from '../format/bytes.ts'
import { formatClock, formatWords } from '../format/duration.ts'
import { formatCount, formatUsd } from '../format/number.ts'
import { runDurationMs } from '../format/run.ts'

export interface RunGauge {
  label: string
  value: string
  /** What it may be; null when nothing bounds it. */
  limit: string | null
  /** null: nobody has measured it, and no bar is drawn. */
  used: number | null
  allowed: number | null
  /** The most that was seen, where that may be more than what is used now. */
  peak?: number
  /** The same in words. */
  most?: string
  /** What keeps the limit, in a sentence; null while that is not known. */
  kept: string | null
  /** Nothing keeps it. */
  isUnkept: boolean
}

/** Only what is known and counted: no bar is drawn for what nobody measures. What is measured has its place from the start, so that nothing moves. */
export function gaugesOf(run: RunView, timeline: Timeline, nowMs: number, usage: UsageShown | null = null): RunGauge[] {
  const { limits } = run
  const elapsedMs = timeline.end?.durationMs ?? runDurationMs(run, nowMs) ?? 0
  const steps = Math.max(timeline.stepsByNumber.size, run.steps)
  const outputBytes = Math.max(timeline.outputBytes, run.outputBytes)
  const gauges: RunGauge[] = [
    { label: 'Time', value: formatClock(elapsedMs), limit: formatWords(limits.timeMs), used: elapsedMs, allowed: limits.timeMs, ...keptBy('time', timeline) },
    ...modelGauges(run, timeline),
    ...measuredGauges(run, timeline, usage),
    { label: 'Output', value: formatShortBytes(outputBytes), limit: formatShortBytes(limits.outputBytes), used: outputBytes, allowed: limits.outputBytes, ...keptBy('output', timeline) },
    { label: 'Steps', value: String(steps), limit: String(limits.steps), used: steps, allowed: limits.steps, ...keptBy('steps', timeline) },
  ]
  const attempt = countedAttempts(run, timeline)
  if (run.maxAttempts > 1)
    gauges.push({ label: 'Attempts', value: String(attempt), limit: String(run.maxAttempts), used: attempt, allowed: run.maxAttempts, ...UNKNOWN })
  return gauges
}

/** What a gauge says when one points at it: how much, the most that was seen, and what keeps the limit. */
export function gaugeTitle({ label, value, limit, most, kept }: RunGauge): string {
  const used = value === '—' ? 'not measured yet' : value
  const figures = `${label}: ${used}${limit === null ? '' : ` of ${limit}`}${most === undefined || most === value ? '' : `, at most ${most} so far`}.`
  return kept === null ? figures : `${figures}\n${kept.charAt(0).toUpperCase()}${kept.slice(1)}.`
}

const UNKNOWN = { kept: null, isUnkept: false }

function modelGauges(run: RunView, timeline: Timeline): RunGauge[] {
  const { limits } = run
  const tokens = Math.max(timeline.tokens.input + timeline.tokens.output, run.tokens)
  const costUsd = timeline.costUsd ?? run.costUsd
  const gauges: RunGauge[] = []
  if (costUsd !== null || limits.costUsd !== null)
    gauges.push({ label: 'Cost', value: formatUsd(costUsd ?? 0), limit: limits.costUsd === null ? null : formatUsd(limits.costUsd), used: costUsd ?? 0, allowed: limits.costUsd, ...keptBy('cost', timeline) })
  if (tokens > 0 || limits.tokens !== null || timeline.steps.some(step => step.kind === 'model'))
    gauges.push({ label: 'Tokens', value: formatCount(tokens), limit: limits.tokens === null ? null : formatCount(limits.tokens), used: tokens, allowed: limits.tokens, ...keptBy('tokens', timeline) })
  return gauges
}

/** Of the run's processes: what they use now, and after its end the most that was seen. */
function measuredGauges(run: RunView, timeline: Timeline, usage: UsageShown | null): RunGauge[] {
  const isOver = timeline.end !== null || isFinal(run.status)
  if (isOver && !usage)
    return []
  const { limits } = run
  const peak = usage?.peak
  const now = isOver ? peak : usage?.newest
  const gauges = [
    ...cpuTimeGauge(run, timeline, usage),
    measured({ label: 'Memory', name: 'memory', used: now?.memoryBytes, most: peak?.memoryBytes, allowed: limits.memoryBytes, format: formatShortBytes }, timeline),
    measured({ label: 'Processes', name: 'processes', used: now?.processes, most: peak?.processes, allowed: limits.processes, format: String }, timeline),
  ]
  const diskBytes = now?.diskBytes ?? undefined
  const isDiskWatched = isKept(timeline.sandbox?.keepers?.disk ?? [])
  if (diskBytes !== undefined || (!isOver && isDiskWatched))
    gauges.push(measured({ label: 'Disk', name: 'disk', used: diskBytes, most: peak?.diskBytes ?? undefined, allowed: limits.diskBytes, format: formatShortBytes }, timeline))
  return gauges
}

function cpuTimeGauge({ limits: { cpuTimeMs } }: RunView, timeline: Timeline, usage: UsageShown | null): RunGauge[] {
  return cpuTimeMs === null
    ? []
    : [{ ...measured({ label: 'CPU time', name: 'cpuTime', used: usage?.newest.cpuMs, most: undefined, allowed: cpuTimeMs, format: formatClock }, timeline), limit: formatWords(cpuTimeMs) }]
}

interface Measured {
  label: string
  name: LimitName
  used: number | undefined
  most: number | undefined
  allowed: number
  format: (value: number) => string
}

function measured({ label, name, used, most, allowed, format }: Measured, timeline: Timeline): RunGauge {
  return {
    label,
    value: used === undefined ? '—' : format(used),
    limit: format(allowed),
    used: used ?? null,
    allowed,
    ...most !== undefined && { peak: most, most: format(most) },
    ...keptBy(name, timeline),
  }
}

function keptBy(limit: LimitName, { sandbox }: Timeline): Pick<RunGauge, 'kept' | 'isUnkept'> {
  const keepers: LimitKeeper[] | undefined = sandbox?.keepers?.[limit]
  return keepers ? { kept: keptInWords(keepers), isUnkept: !isKept(keepers) } : UNKNOWN
}

/** Those that lost their worker or were parked do not count against what the manifest allows. */
function countedAttempts(run: RunView, timeline: Timeline): number {
  const all = Math.max(timeline.attempts.at(-1)?.number ?? 0, run.attempt)
  return Math.max(Math.min(all, 1), all - lostAttempts(timeline))
}

/** How many attempts ended through no fault of the run. */
export function lostAttempts({ attempts }: Timeline): number {
  return attempts.filter(({ state }) => state === 'lost' || state === 'parked').length
}
