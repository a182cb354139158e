import type { AgentOS } from '../../../../client/src/index.ts'
import type { Acknowledgement } from '../../checker/clients.ts'
import type { Fault } from '../fault.ts'
import type { Ground } from '../ground.ts'
import { setTimeout as pause } from 'node:timers/promises'
import { createAgentOS } from '../../../../client/src/index.ts'
import { hardToKill } from '../../kills/hard-to-kill.ts'
import { judge } from '../judge.ts'
import { startServer } from '../server-under-test.ts'

/** How a run is brought into the state in which it is stopped, and what its status must be when it has ended. */
interface Case {
  state: string
  source: string
  delayMs?: number
  when: (client: AgentOS, runId: string, ground: Ground) => Promise<unknown>
  statuses: string[]
}

function script(name: string, run: string, more = ''): string {
  return `name: ${name}\nisolation: sandbox\n${more}steps:\n  - run: |\n${run.split('\n').map(line => `      ${line}`).join('\n')}\n`
}

function cases(length: string): Case[] {
  return [
    { state: 'queued, its time to come', source: script('later', 'echo never'), delayMs: 3_600_000, when: async () => {}, statuses: ['cancelled'] },
    { state: 'just submitted', source: script('at-once', 'sleep 300'), when: async () => {}, statuses: ['cancelled'] },
    { state: 'running', source: script('running', 'echo up; sleep 300'), when: (client, id) => sees(client, id, 'step.output'), statuses: ['cancelled'] },
    { state: 'between two attempts', source: script('between', 'exit 3', 'retry: { attempts: 3, delay: 10m, maxDelay: 10m }\n'), when: (client, id) => sees(client, id, 'run.retry_scheduled'), statuses: ['cancelled', 'failed'] },
    { state: 'racing its end', source: script('racing', 'sleep 0.2'), when: async (client, id, { random }) => {
      await sees(client, id, 'step.started')
      await pause(random.int(150, 350))
    }, statuses: ['cancelled', 'succeeded'] },
    { state: 'ended', source: script('ended', 'echo over'), when: (client, id) => sees(client, id, 'run.ended'), statuses: ['succeeded'] },
    { state: 'with children that are hard to kill', source: script('hard', `${hardToKill(length)}\necho up; sleep 300`), when: (client, id) => sees(client, id, 'step.output'), statuses: ['cancelled'] },
  ]
}

export const cancelEverywhere: Fault = {
  name: 'cancel',
  title: 'cancel in every state, twice, racing the end',
  databases: ['sqlite', 'postgresql'],
  isShort: true,
  async run(ground) {
    const server = await startServer(ground)
    const client = createAgentOS({ url: server.url, apiKey: server.credential })
    ground.onEnd(() => client.close())
    const acknowledged: Acknowledgement[] = []
    const rounds = ground.times(10, 1)
    const all = cases(`${600_000 + ground.random.int(0, 99_999)}.${Date.now() % 1_000}`)
    for (let round = 0; round < rounds; round++)
      await Promise.all(all.map(one => stop(one, `${ground.mark} ${round} ${one.state}`)))

    async function stop({ state, source, delayMs, when, statuses }: Case, task: string): Promise<void> {
      const run = await client.runs.submit({ manifest: { source }, task, ...delayMs !== undefined && { delayMs } })
      acknowledged.push({ kind: 'submitted', runId: run.id, task })
      await when(client, run.id, ground)
      await Promise.all([client.runs.stop(run.id), client.runs.stop(run.id)])
      acknowledged.push({ kind: 'cancelled', runId: run.id })
      const { run: ended } = await client.runs.result(run.id)
      ground.must(statuses.includes(ended.status), `${state}: it ended ${ended.status}`)
      await client.runs.stop(run.id)
      const events = await client.events.list({ runId: run.id })
      ground.must(events.filter(({ type }) => type === 'run.cancel_requested').length <= 1, `${state}: it was asked to stop more than once`)
    }
    ground.must(await server.kill('SIGTERM') === 0, `it did not stop in order: ${server.said()}`)
    await judge(ground, { acknowledged, seen: [] })
    return { runs: acknowledged.length / 2, kills: rounds * all.length }
  },
}

async function sees(client: AgentOS, runId: string, type: string): Promise<void> {
  for await (const event of client.runs.follow(runId)) {
    if (event.type === type)
      return
  }
}
