import type { RunLimits } from '@agentos/server/domain/views/run'
import type { UsageShown } from '../stores/usage-intake.ts'
import { cpuPercent, processRows } from '@agentos/server/domain/process-tree'
import { formatDuration } from '../format/duration.ts'
import { shownText } from './shown-text.ts'

/** One process, ready to be drawn. */
export interface ProcessLine {
  /** A pid may be given to another process later. */
  key: string
  pid: number
  depth: number
  command: string
  /** `97.8`, or nothing while there is one sample. */
  cpu: string
  cpuTime: string
  /** In MiB. */
  memory: string
  /** Of what the run may use, from 0 to 1: the lines under the figures. */
  cpuShare: number
  memoryShare: number
  isBusy: boolean
  startedAt: string
}

export interface ProcessTotals { cpu: string, memory: string }

/** One processor is 100 per cent; a process that uses most of one is busy. */
const BUSY_PERCENT = 80
/** Deeper ones are drawn at this depth. */
const DEEPEST = 8

export function processLines({ newest, before }: Pick<UsageShown, 'newest' | 'before'>, limits: Pick<RunLimits, 'cpu' | 'memoryBytes'>): ProcessLine[] {
  return processRows(newest, before).map(({ process, isLast, cpuPercent }) => ({
    key: `${process.pid}-${process.startedAt}`,
    pid: process.pid,
    depth: Math.min(isLast.length, DEEPEST),
    command: shownText(process.command),
    cpu: cpuPercent === null ? '' : cpuPercent.toFixed(1),
    cpuTime: formatDuration(process.cpuMs),
    memory: inMiB(process.memoryBytes),
    cpuShare: shareOf(cpuPercent ?? 0, Math.max(1, limits.cpu) * 100),
    memoryShare: shareOf(process.memoryBytes, limits.memoryBytes),
    isBusy: cpuPercent !== null && cpuPercent >= BUSY_PERCENT,
    startedAt: process.startedAt,
  }))
}

export function processTotals({ newest, before }: Pick<UsageShown, 'newest' | 'before'>): ProcessTotals {
  return { cpu: cpuPercent(newest, before)?.toFixed(1) ?? '', memory: inMiB(newest.memoryBytes) }
}

function inMiB(bytes: number): string {
  const value = bytes / 2 ** 20
  return value > 0 && value < 9.95 ? value.toFixed(1) : String(Math.round(value))
}

function shareOf(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, part / whole) : 0
}
