import type { Acknowledgement } from '../../checker/clients.ts'
import type { Fault } from '../fault.ts'
import { createAgentOS } from '../../../../client/src/index.ts'
import { MAX_LOSSES } from '../../../src/domain/run.ts'
import { AGENTS } from '../agents.ts'
import { judge } from '../judge.ts'
import { startServer } from '../server-under-test.ts'

const POISON = 'name: poison\nisolation: process\nsteps:\n  - { run: echo it begins; sleep 300, idempotent: true }\n'

export const poisonRun: Fault = {
  name: 'poison',
  title: 'a run that kills its worker each time',
  databases: ['sqlite', 'postgresql'],
  isShort: false,
  async run(ground) {
    const server = await startServer(ground, { env: { AGENTOS_LEASE: '2s' } })
    const client = createAgentOS({ url: server.url, apiKey: server.credential })
    ground.onEnd(() => client.close())
    const poison = await client.runs.submit({ manifest: { source: POISON }, task: ground.mark })
    const acknowledged: Acknowledgement[] = [{ kind: 'submitted', runId: poison.id, task: ground.mark }]
    let kills = 0
    let begun = 0
    // Its server goes down each time it begins; what is submitted meanwhile is done all the same.
    for await (const event of client.runs.follow(poison.id)) {
      if (event.type !== 'step.output' || event.attempt === begun) // what it prints may come in pieces
        continue
      begun = event.attempt
      const task = `${ground.mark} beside it ${kills}`
      const beside = await client.runs.submit({ manifest: { source: AGENTS.quick }, task })
      acknowledged.push({ kind: 'submitted', runId: beside.id, task })
      ground.must(++kills <= MAX_LOSSES, `it was begun ${kills} times`)
      await server.kill('SIGKILL')
      await server.start()
    }
    const { run } = await client.runs.result(poison.id)
    ground.must(run.reason === 'interrupted' && run.deadLetteredAt !== null, `it ended ${run.status} by ${run.reason} and is ${run.deadLetteredAt === null ? 'not ' : ''}in the dead letter`)
    ground.must(kills === MAX_LOSSES, `it was given up after ${kills} losses, and not after ${MAX_LOSSES}`)
    for (const { runId } of acknowledged.slice(1)) {
      const { run: beside } = await client.runs.result(runId)
      ground.must(beside.status === 'succeeded', `a run beside it ended ${beside.status} by ${beside.reason}`)
    }
    await server.kill('SIGTERM')
    await judge(ground, { acknowledged, seen: [] })
    return { runs: acknowledged.length, kills }
  },
}
