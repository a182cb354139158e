import type { BareSandbox } from './bare-sandbox.ts'
import type { Figure } from './figure.ts'
import { createAgentOS } from '@agentos/client'
import { bareSandbox } from './bare-sandbox.ts'
import { dataFolder, removeFolder, startServer } from './server-process.ts'

const RUNS = 300
const AT_ONCE = 20
const MANIFEST = 'name: bench-short\nsteps:\n  - name: one command\n    run: echo done\n'

/** Short runs completed per second, each in a sandbox of its own with every step durable, and submits accepted per second. */
export async function measure(): Promise<Figure[]> {
  const folder = await dataFolder()
  try {
    const sandbox = await bareSandbox(folder)
    const limit = await timeBare(sandbox)
    const { accepted, completed } = await timeOurs(folder)
    return [
      { what: 'runs accepted per second', value: accepted, unit: 'runs/s', limit: null, limitIs: '', target: { atLeast: 1000 } },
      { what: `short runs per second, ${AT_ONCE} at a time`, value: completed, unit: 'runs/s', limit, limitIs: `the same command in the same sandbox (${sandbox.by}), no server, no log`, target: { ratioAtLeast: 0.7 } },
    ]
  }
  finally {
    await removeFolder(folder)
  }
}

async function timeBare(sandbox: BareSandbox): Promise<number> {
  const one = async () => {
    const session = await sandbox.open()
    await session.run('echo done', { timeoutMs: 10_000, onOutput: () => true })
    await session.close()
  }
  await one()
  return perSecond(RUNS, () => many(RUNS, AT_ONCE, one))
}

async function timeOurs(folder: string): Promise<{ accepted: number, completed: number }> {
  const server = await startServer(folder, { AGENTOS_MAX_AGENTS: String(AT_ONCE) })
  const client = createAgentOS(server)
  try {
    await client.agents.save({ source: MANIFEST })
    const warm = await client.runs.submit({ agent: 'bench-short' })
    await client.runs.result(warm.id)

    const startedAt = performance.now()
    await many(RUNS, AT_ONCE, () => client.runs.submit({ agent: 'bench-short' }))
    const acceptedMs = performance.now() - startedAt
    while ((await client.runs.list({ statuses: ['queued', 'running'], limit: 1 })).runs.length > 0)
      await new Promise(resolve => setTimeout(resolve, 10))
    const completedMs = performance.now() - startedAt

    const { runs } = await client.runs.list({ limit: 200 })
    const failed = runs.find(run => run.status !== 'succeeded')
    if (failed)
      throw new Error(`run ${failed.id} ended ${failed.reason}: ${failed.detail}`)
    return { accepted: RUNS / acceptedMs * 1000, completed: RUNS / completedMs * 1000 }
  }
  finally {
    await client.close()
    await server.stop()
  }
}

async function perSecond(count: number, work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return count / (performance.now() - startedAt) * 1000
}

/** `count` times, at most `atOnce` at the same time. */
export async function many(count: number, atOnce: number, one: () => Promise<unknown>): Promise<void> {
  let left = count
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, async () => {
    while (left-- > 0)
      await one()
  }))
}
