import type { AgentOS, Run } from '@agentos/client'
import { findTarget } from '../find-target.ts'
import { shortId } from '../print/id.ts'
import { print } from '../print/out.ts'
import { formatStatus } from '../print/status.ts'
import { withServer } from '../with-server.ts'

export async function stop(name: string): Promise<void> {
  await withServer({ embed: 'look' }, async ({ client }) => {
    const target = await findTarget(client, name)
    const live = 'run' in target ? [target.run].filter(isLive) : await liveRunsOf(client, target.agent)
    if (live.length === 0)
      print('run' in target ? `run ${shortId(target.run.id)} has ended already: ${target.run.status}\n` : `no run of ${target.agent} is live\n`)
    await Promise.all(live.map(run => stopRun(client, run)))
  })
}

async function liveRunsOf(client: AgentOS, agent: string): Promise<Run[]> {
  const found: Run[] = []
  for (let before: string | null | undefined; before !== null;) {
    const page: { runs: Run[], older: string | null } = await client.runs.list({
      agent,
      statuses: ['queued', 'running', 'waiting'],
      limit: 200,
      ...(before ? { before } : {}),
    })
    found.push(...page.runs)
    before = page.older
  }
  return found
}

/** Answers when it has ended, so that nothing of it runs when this command is back. */
async function stopRun(client: AgentOS, { id }: Run): Promise<void> {
  let run = await client.runs.stop(id)
  while (isLive(run)) {
    for await (const event of client.runs.follow(id, { after: run.lastSeq })) {
      if (event.type === 'run.ended')
        break
    }
    run = await client.runs.get(id)
  }
  print(`${formatStatus(run.status)} ${run.agentName} ${shortId(id)}\n`)
}

function isLive({ endedAt }: Run): boolean {
  return endedAt === null
}
