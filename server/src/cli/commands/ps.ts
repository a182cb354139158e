import type { AgentOS, Run, RunUsageNow } from '@agentos/client'
import process from 'node:process'
import { parseStatus, RUN_STATUSES } from '../../domain/run.ts'
import { CommandError } from '../failure.ts'
import { parseCountOption } from '../options.ts'
import { pc } from '../print/colour.ts'
import { shortId } from '../print/id.ts'
import { jsonLine } from '../print/json-line.ts'
import { print } from '../print/out.ts'
import { oneLine } from '../print/plain.ts'
import { formatProcessTree } from '../print/process-tree.ts'
import { formatStatus } from '../print/status.ts'
import { formatAgo, formatMs } from '../print/time.ts'
import { withServer } from '../with-server.ts'

/** The server gives a page at a time. */
const PAGE = 200

export async function ps(options: { status?: string, limit: string, tree?: boolean, json?: boolean }): Promise<void> {
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
      const usages = options.tree ? await usagesOf(client, page.runs) : null
      if (options.json)
        print(page.runs.map(run => jsonLine(usages ? { ...run, usage: usages.get(run.id)?.usage ?? null } : run)).join(''))
      else if (left === limit && page.runs.length === 0)
        print(status ? `no run is ${status}\n` : `no runs yet${pc.dim('   agentos run repo-report starts one')}\n`)
      else
        printTable(page.runs, left === limit, usages)
      left -= page.runs.length
      before = page.older
    } while (before && left > 0)
  })
}

async function usagesOf(client: AgentOS, runs: Run[]): Promise<Map<string, RunUsageNow>> {
  const running = runs.filter(run => run.status === 'running').map(run => run.id)
  const usages = running.length > 0 ? await client.runs.usages({ runs: running }) : []
  return new Map(usages.map(usage => [usage.run, usage]))
}

function printTable(runs: Run[], isFirst: boolean, usages: Map<string, RunUsageNow> | null): void {
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
    if (usages && run.status === 'running')
      print(treeOf(usages.get(run.id)).map(line => `${line}\n`).join(''))
  }
}

function treeOf(now: RunUsageNow | undefined): string[] {
  return now ? formatProcessTree(now) : [pc.dim('  no process has been measured yet')]
}

function durationOf(run: Run): string {
  return run.startedAt ? formatMs(Math.max(0, Date.parse(run.endedAt ?? new Date().toISOString()) - Date.parse(run.startedAt))) : '—'
}

const WAITS_FOR = { slots: 'a free slot', concurrency: 'another run to end', rate: 'the rate of its agent', host: 'the machine that has its workspace', later: 'its time' }

function whyOf(run: Run): string {
  if (run.endedAt !== null)
    return [run.reason === run.status ? '' : run.reason, run.detail].filter(Boolean).join(': ')
  if (run.waitingFor?.kind === 'message')
    return 'waits for the next message'
  if (run.waitingFor?.kind === 'approval')
    return `waits for a person: may it? ${run.waitingFor.title}`
  if (run.waitingFor)
    return `waits for a person: how did "${run.waitingFor.name}" end?`
  return run.now ?? (run.queuedBecause ? `waits for ${WAITS_FOR[run.queuedBecause]}` : '')
}
