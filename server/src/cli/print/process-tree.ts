import type { RunUsageNow } from '@agentos/client'
import process from 'node:process'
import { cpuPercent, processRows } from '../../domain/process-tree.ts'
import { writeOutUnseen } from '../../domain/visible-text.ts'
import { pc } from './colour.ts'
import { oneLine } from './plain.ts'
import { formatBytes } from './quantity.ts'
import { formatMs } from './time.ts'

/** Deeper levels are drawn at this one: a chain of shells must not push the command out of sight. */
const DEEPEST = 12
/** Before the command: indent, id, CPU, memory. */
const COLUMNS = 34

/** A run's processes, a line each, under the run's own line. In a pipe no command is cut. */
export function formatProcessTree({ usage, before }: Pick<RunUsageNow, 'usage' | 'before'>, width = process.stdout.columns): string[] {
  const rows = processRows(usage, before)
  const lines = rows.map(({ process: { pid, cpuMs, memoryBytes, command }, isLast, cpuPercent }) => {
    const branch = branchOf(isLast)
    const room = width === undefined ? Infinity : Math.max(12, width - COLUMNS - branch.length)
    const cpu = cpuPercent === null ? formatMs(cpuMs) : formatPercent(cpuPercent)
    return `  ${String(pid).padStart(8)} ${cpu.padStart(10)} ${formatBytes(memoryBytes).padStart(10)}  ${pc.dim(branch)}${oneLine(writeOutUnseen(command), room) || pc.dim('(no command line)')}`
  })
  const omitted = usage.omitted > 0 ? [pc.dim(`  ${String(usage.omitted).padStart(8)} more ${usage.omitted === 1 ? 'process is' : 'processes are'} not shown`)] : []
  return [...lines, ...omitted, pc.dim(`  ${totalOf(usage, before)}`)]
}

function branchOf(isLast: boolean[]): string {
  const shown = isLast.slice(0, DEEPEST)
  return shown.map((last, at) => at === shown.length - 1 ? (last ? '└─ ' : '├─ ') : (last ? '   ' : '│  ')).join('')
}

function totalOf(usage: RunUsageNow['usage'], before: RunUsageNow['before']): string {
  const percent = cpuPercent(usage, before)
  return [
    `${usage.processes} ${usage.processes === 1 ? 'process' : 'processes'}`,
    percent === null ? '' : `CPU ${formatPercent(percent)}`,
    `CPU time ${formatMs(usage.cpuMs)}`,
    formatBytes(usage.memoryBytes),
    usage.diskBytes === null ? '' : `disk ${formatBytes(usage.diskBytes)}`,
  ].filter(Boolean).join(' · ')
}

function formatPercent(percent: number): string {
  return `${percent.toFixed(1)} %`
}
