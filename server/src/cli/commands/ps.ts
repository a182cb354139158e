import type { Run } from '@agentos/client'
import process from 'node:process'
import pc from 'picocolors'
import { parseStatus, RUN_STATUSES } from '../../domain/run.ts'
import { CommandError } from '../failure.ts'
import { findOrEmbedServer } from '../local-server.ts'
import { parseCountOption } from '../options.ts'
import { oneLine } from '../print/plain.ts'
import { formatStatus } from '../print/status.ts'
import { formatAgo, formatMs } from '../print/time.ts'

/** The server gives a page at a time. */
const PAGE = 100

export async function ps(options: { status?: string, limit: string, json?: boolean }): Promise<void> {
  const status = options.status === undefined ? undefined : parseStatus(options.status)
  if (options.status !== undefined && !status)
    throw new CommandError(`--status: expected one of ${RUN_STATUSES.join(', ')}, but got ${JSON.stringify(options.status)}`)
  const limit = parseCountOption('--limit', options.limit)
  const server = await findOrEmbedServer()
  try {
    let before: string | null = null
    let left = limit
    do {
      const page: { runs: Run[], older: string | null } = await server.client.runs.list({
        limit: Math.min(PAGE, left),
        ...(before ? { before } : {}),
        ...(status ? { statuses: [status] } : {}),
      })
      if (options.json)
        process.stdout.write(page.runs.map(run => `${JSON.stringify(run)}\n`).join(''))
      else
        printTable(page.runs, left === limit)
      left -= page.runs.length
      before = page.older
    } while (before && left > 0)
  }
  finally {
    await server.client.close()
    await server.embedded?.stop()
  }
}

function printTable(runs: Run[], isFirst: boolean): void {
  if (isFirst && runs.length === 0)
    return void process.stdout.write(`no runs yet${pc.dim('   agentos run repo-report starts one')}\n`)
  if (isFirst)
    process.stdout.write(pc.dim(`${'STATUS'.padEnd(12)} ${'RUN'.padEnd(15)} ${'AGENT'.padEnd(20)} ${'TIME'.padStart(8)}  ${'STARTED'.padEnd(10)} NOW, OR WHY\n`))
  const width = Math.max(20, (process.stdout.columns ?? 140) - 72)
  for (const run of runs) {
    const columns = [
      formatStatus(run.status, 12),
      run.id.padEnd(15),
      oneLine(run.agentName, 20).padEnd(20),
      durationOf(run).padStart(8),
      ` ${formatAgo(run.startedAt ?? run.createdAt).padEnd(10)}`,
      oneLine(whyOf(run), width),
    ]
    process.stdout.write(`${columns.join(' ')}\n`)
  }
}

function durationOf(run: Run): string {
  return run.startedAt ? formatMs(Date.parse(run.endedAt ?? new Date().toISOString()) - Date.parse(run.startedAt)) : '—'
}

function whyOf(run: Run): string {
  if (run.reason)
    return run.reason === 'completed' ? 'completed' : `${run.reason}${run.detail ? `: ${run.detail}` : ''}`
  return run.now ?? (run.queuedBecause ? `waits: ${run.queuedBecause}` : '')
}
