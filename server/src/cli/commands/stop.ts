import process from 'node:process'
import { isFinal } from '../../domain/run.ts'
import { findRuns } from '../find-run.ts'
import { findOrEmbedServer } from '../local-server.ts'
import { formatStatus } from '../print/status.ts'

export async function stop(name: string): Promise<void> {
  const server = await findOrEmbedServer()
  try {
    const live = (await findRuns(server.client, name, 100)).filter(run => !isFinal(run.status))
    if (live.length === 0)
      process.stdout.write(`nothing of ${name} runs\n`)
    for (const run of live) {
      await server.client.runs.stop(run.id)
      const { run: ended } = await server.client.runs.result(run.id)
      process.stdout.write(`${formatStatus(ended.status)} ${ended.id} ${ended.agentName}\n`)
    }
  }
  finally {
    await server.client.close()
    await server.embedded?.stop()
  }
}
