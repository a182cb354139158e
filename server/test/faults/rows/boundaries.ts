import type { AgentOS } from '../../../../client/src/index.ts'
import type { SeenLog } from '../../checker/clients.ts'
import type { Fault, Tally } from '../fault.ts'
import type { Ground } from '../ground.ts'
import type { ServerUnderTest } from '../server-under-test.ts'
import { createAgentOS } from '../../../../client/src/index.ts'
import { startScriptedModel } from '../../worker/scripted-model.ts'
import { AGENTS } from '../agents.ts'
import { judge } from '../judge.ts'
import { executorsOf, signal } from '../processes.ts'
import { startServer } from '../server-under-test.ts'

const STEPS = `
name: steps
isolation: process
steps:
  - { name: first, run: "echo first >> trace; echo one; sleep 0.1", idempotent: true }
  - { name: second, run: "echo second >> trace; echo two; sleep 0.1", idempotent: true }
  - { name: third, run: "sort -u trace | tr '\\\\n' ' '; sleep 0.1", idempotent: true }
`

export const serverAtBoundaries: Fault = {
  name: 'server-at-boundaries',
  title: 'kill -9 the server at every boundary of a run',
  databases: ['sqlite', 'postgresql'],
  isShort: false,
  run: ground => atBoundaries(ground, async (server) => {
    await server.kill('SIGKILL')
    await server.start()
  }),
}

export const executorAtBoundaries: Fault = {
  name: 'executor-at-boundaries',
  title: 'kill -9 the executor at every boundary of a run',
  databases: ['sqlite', 'postgresql'],
  isShort: false,
  run: ground => atBoundaries(ground, async ({ pid }) => executorsOf(pid).forEach(executor => signal(executor, 'SIGKILL'))),
}

/** Once for each event that an undisturbed run has: the kill comes when a follower has seen it. A script and a model with a tool. */
async function atBoundaries(ground: Ground, kill: (server: ServerUnderTest) => Promise<void>): Promise<Tally> {
  const model = await startScriptedModel([({ body }) => body.messages.some(({ role }) => role === 'tool') ? { say: 'It is done.' } : { call: [{ tool: 'shell', input: { command: 'echo from the tool; sleep 0.1' } }] }])
  ground.onEnd(() => model.stop())
  const server = await startServer(ground, { env: { OPENAI_BASE_URL: model.baseUrl, AGENTOS_LEASE: '2s' } })
  const client = createAgentOS({ url: server.url, apiKey: server.credential })
  ground.onEnd(() => client.close())
  const seen: SeenLog[] = []
  let kills = 0
  for (const source of [STEPS, AGENTS.thinker]) {
    const undisturbed = await follow(client, ground, source, seen, async () => {})
    for (let boundary = 1; boundary < undisturbed.events.length; boundary++) {
      kills++
      const { runId } = await follow(client, ground, source, seen, async seq => seq === boundary ? kill(server) : undefined)
      const { run, text } = await client.runs.result(runId)
      const at = `killed after event ${boundary} (${undisturbed.events[boundary - 1]!.type})`
      ground.must(run.status === 'succeeded', `${at}: it ended ${run.status} by ${run.reason}: ${run.detail}`)
      ground.must(source === STEPS ? text.includes('first second') : text.includes('It is done.'), `${at}: it said ${JSON.stringify(text)}`)
    }
  }
  await server.kill('SIGTERM')
  await judge(ground, { acknowledged: seen.map(({ runId }) => ({ kind: 'submitted', runId, task: ground.mark })), seen })
  return { runs: seen.length, kills }
}

async function follow(client: AgentOS, ground: Ground, source: string, seen: SeenLog[], at: (seq: number) => Promise<void>): Promise<SeenLog> {
  const { id } = await client.runs.submit({ manifest: { source }, task: ground.mark })
  const log: SeenLog = { client: 'follower', runId: id, after: 0, events: [], isWhole: false }
  seen.push(log)
  for await (const event of client.runs.follow(id)) {
    log.events.push(event as SeenLog['events'][number]) // what JSON leaves of one
    await at(event.seq)
  }
  log.isWhole = true
  return log
}
