import type { Fault } from '../fault.ts'
import { setTimeout as pause } from 'node:timers/promises'
import { createAgentOS } from '../../../../client/src/index.ts'
import { AGENTS } from '../agents.ts'
import { judge } from '../judge.ts'
import { createServerUnderTest } from '../server-under-test.ts'

/** From the start of the process on: migrations come early in it, and how early depends on the machine. */
const LATEST_MS = 4_000

export const killedMigration: Fault = {
  name: 'killed-migration',
  title: 'migration killed half-way',
  databases: ['sqlite', 'postgresql'],
  isShort: false,
  async run(ground) {
    const server = await createServerUnderTest(ground)
    const kills = 20
    let done = 0
    for (let kill = 0; kill < kills; kill++) {
      const started = server.start().then(() => true, () => false)
      await Promise.race([pause(Math.round(LATEST_MS * (kill + ground.random.int(0, 9) / 10) / kills)), started])
      await server.kill('SIGKILL')
      done += await started ? 1 : 0
    }
    ground.note(`${kills - done} of ${kills} were killed before they served`)
    await server.start()
    const client = createAgentOS({ url: server.url, apiKey: server.credential })
    ground.onEnd(() => client.close())
    const run = await client.runs.submit({ manifest: { source: AGENTS.quick }, task: ground.mark })
    ground.must((await client.runs.result(run.id)).run.status === 'succeeded', 'a run on the migrated database did not succeed')
    await server.kill('SIGTERM')
    await judge(ground, { acknowledged: [{ kind: 'submitted', runId: run.id, task: ground.mark }], seen: [] })
    return { runs: 1, kills }
  },
}
