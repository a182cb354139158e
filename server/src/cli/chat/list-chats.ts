import type { AgentOS, Run } from '@agentos/client'
import process from 'node:process'
import { pc } from '../print/colour.ts'
import { shortId } from '../print/id.ts'
import { jsonLine } from '../print/json-line.ts'
import { print } from '../print/out.ts'
import { oneLine } from '../print/plain.ts'
import { formatStatus } from '../print/status.ts'
import { formatAgo } from '../print/time.ts'

/** Older ones are on the page, where they can be searched. */
const NEWEST = 50

/** Newest first, with what each began with. */
export async function listChats(client: AgentOS, { json }: { json: boolean }): Promise<void> {
  const { runs } = await client.runs.list({ chats: true, limit: NEWEST })
  if (json)
    print(runs.map(jsonLine).join(''))
  else if (runs.length === 0)
    print(`no conversations yet${pc.dim('   agentos chat -m PROVIDER/MODEL starts one')}\n`)
  else
    print(`${pc.dim(`${'STATUS'.padEnd(11)} ${'CHAT'.padEnd(10)} ${'WITH'.padEnd(24)} ${'STARTED'.padEnd(10)} FIRST MESSAGE`)}\n${runs.map(rowOf).join('')}`)
}

function rowOf(run: Run): string {
  const width = Math.max(20, (process.stdout.columns ?? 140) - 60)
  const columns = [
    formatStatus(run.status, 11),
    shortId(run.id),
    oneLine(run.agentName, 24).padEnd(24),
    formatAgo(run.createdAt).padEnd(10),
    oneLine(run.task, width),
  ]
  return `${columns.join(' ').trimEnd()}\n`
}
