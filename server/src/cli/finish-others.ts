import type { Run } from '@agentos/client'
import type { Server } from './local-server.ts'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { pc } from './print/colour.ts'

/** A run that waits for longer than this waits for the next server. */
const SOON_MS = 60_000
/** For so long a run that has ended counts as one that somebody is just reading. */
const READ_MS = 1_000
const LOOK_MS = 300

/** Other commands may have found this embedded server and given it runs: it stays until those have ended. */
export async function finishOthers(server: Server, ownRun: string | null, { quiet }: { quiet: boolean }): Promise<void> {
  const { client } = server
  for (let isSaid = false; ;) {
    const [{ database }, live, newest] = await Promise.all([
      client.system.overview(),
      client.runs.list({ statuses: ['queued', 'running'], limit: 200 }),
      client.runs.list({ limit: 10 }),
    ])
    // On PostgreSQL other servers may be there: what they run, and what is queued, is theirs as well.
    const other = live.runs.find(run => run.status === 'running'
      ? isOurs(run, server)
      : database.dialect === 'sqlite' && Date.parse(run.availableAt) < Date.now() + SOON_MS)
    const isJustOver = newest.runs.some(run => run.id !== ownRun && run.endedAt !== null && Date.parse(run.endedAt) > Date.now() - READ_MS)
    if (!other && !isJustOver)
      return
    if (other && !isSaid && !quiet) {
      process.stderr.write(pc.dim(`other commands use this server; it ends when their runs have (${other.agentName} ${other.id})\n`))
      isSaid = true
    }
    await sleep(LOOK_MS)
  }
}

/** This very process has it. */
function isOurs({ worker }: Run, { worker: own }: Server): boolean {
  return own !== undefined && worker === own
}
