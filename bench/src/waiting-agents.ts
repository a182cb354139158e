import type { Figure } from './figure.ts'
import { setTimeout as pause } from 'node:timers/promises'
import { createAgentOS } from '@agentos/client'
import { startModel } from './model-process.ts'
import { dataFolder, removeFolder, residentMb, startServer, usageOf } from './server-process.ts'
import { many } from './short-runs.ts'

const AGENTS = 200
const WATCHED_MS = 10_000
const MANIFEST = 'name: bench-waiting\nmodel: openai/silent\ncost: unmetered\ninstructions: Answer.\n'

/** What 200 agents cost that wait for a model: memory for each, and CPU for all of them. */
export async function measure(): Promise<Figure[]> {
  const folder = await dataFolder()
  const model = await startModel()
  const server = await startServer(folder, { OPENAI_BASE_URL: model.baseUrl, AGENTOS_MAX_AGENTS: String(AGENTS) })
  const client = createAgentOS(server)
  try {
    await client.agents.save({ source: MANIFEST })
    await pause(2000)
    const rest = residentMb(server.pid)
    await many(AGENTS, 10, () => client.runs.submit({ agent: 'bench-waiting' }))
    while ((await client.runs.list({ statuses: ['queued'], limit: 1 })).runs.length > 0)
      await pause(50)
    await pause(3000)
    const waiting = residentMb(server.pid)
    const before = usageOf(server.pid)
    await pause(WATCHED_MS)
    const after = usageOf(server.pid)
    return [
      { what: `${AGENTS} waiting agents: memory of each, server and executor`, value: (waiting.own + waiting.children - rest.own - rest.children) / AGENTS, unit: 'MB', limit: null, limitIs: '', target: { atMost: 1 } },
      { what: `${AGENTS} waiting agents: CPU of the server`, value: (after.cpuMs - before.cpuMs) / WATCHED_MS * 100, unit: '%', limit: null, limitIs: '', target: { atMost: 5 } },
    ]
  }
  finally {
    await client.close()
    await server.stop()
    await model.stop()
    await removeFolder(folder)
  }
}
