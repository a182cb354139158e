import type { Run } from '@agentos/client'
import process from 'node:process'
import { parseStatus, RUN_STATUSES } from '../../domain/run.ts'
import { CommandError } from '../failure.ts'
import { parseCountOption } from '../options.ts'
import { pc } from '../print/colour.ts'
import { shortId } from '../print/id.ts'
import { print } from '../print/out.ts'
import { oneLine } from '../print/plain.ts'
import { formatStatus } from '../print/status.ts'
import { formatAgo, formatMs } from '../print/time.ts'
import { withServer } from '../with-server.ts'

/** The server gives a page at a time. */
const PAGE = 200

export async function ps(options: { status?: string, limit: string, json?: boolean }): Promise<void> {
  const status = options.status === undefined ? undefined : parseStatus(options.status)
  if (options.status !== undefined && !status)
    throw new CommandError(`--status: expected one of ${RUN_STATUSES.join(', ')} (completed and stopped are understood), but got ${JSON.stringify(options.status)}`)
  const limit = parseCountOption('--limit', options.limit)
  await withServer({ embed: 'look' }, async ({ client }) => {
    let before: string | null = null
    let left = limit
    do {
      const page: { runs: Run[], older: string | null } = await client.runs.list({
        limit: Math.min(PAGE, left),
        ...(before ? { before } : {}),
        ...(status ? { statuses: [status] } : {}),
      })
      if (options.json)
        print(page.runs.map(run => `${JSON.stringify(run)}\n`).join(''))
      else if (left === limit && page.runs.length === 0)
        print(status ? `no run is ${status}\n` : `no runs yet${pc.dim('   agentos run repo-report starts one')}\n`)
      else
        printTable(page.runs, left === limit)
      left -= page.runs.length
      before = page.older
    } while (before && left > 0)
  })
}

function printTable(runs: Run[], isFirst: boolean): void {
  if (isFirst)
    print(pc.dim(`${'STATUS'.padEnd(11)} ${'RUN'.padEnd(10)} ${'AGENT'.padEnd(20)} ${'TIME'.padStart(8)}  ${'STARTED'.padEnd(10)} NOW, OR WHY\n`))
  const width = Math.max(20, (process.stdout.columns ?? 140) - 65)
  for (const run of runs) {
    const columns = [
      formatStatus(run.status, 11),
      shortId(run.id),
      oneLine(run.agentName, 20).padEnd(20),
      durationOf(run).padStart(8),
      ` ${formatAgo(run.startedAt ?? run.createdAt).padEnd(10)}`,
      oneLine(whyOf(run), width),
    ]
    print(`${columns.join(' ').trimEnd()}\n`)
  }
}

function durationOf(run: Run): string {
  return run.startedAt ? formatMs(Math.max(0, Date.parse(run.endedAt ?? new Date().toISOString()) - Date.parse(run.startedAt))) : '—'
}

const WAITS_FOR = { slots: 'a free slot', concurrency: 'another run of this agent to end', later: 'its time' }

function whyOf(run: Run): string {
  if (run.endedAt !== null)
    return [run.reason === run.status ? '' : run.reason, run.detail].filter(Boolean).join(': ')
  return run.now ?? (run.queuedBecause ? `waits for ${WAITS_FOR[run.queuedBecause]}` : '')
}
