import type { BareSandbox } from './bare-sandbox.ts'
import type { Figure } from './figure.ts'
import { createAgentOS } from '@agentos/client'
import { bareSandbox } from './bare-sandbox.ts'
import { percentile } from './figure.ts'
import { dataFolder, removeFolder, startServer } from './server-process.ts'

const TIMES = 60
const MANIFEST = 'name: bench-byte\nsteps:\n  - name: one command\n    run: echo first\n'

/** Submit → the first byte of a step's output is with a follower, one run after another. */
export async function measure(): Promise<Figure[]> {
  const folder = await dataFolder()
  try {
    const sandbox = await bareSandbox(folder)
    const bare = await repeat(() => timeBare(sandbox))
    const server = await startServer(folder)
    const client = createAgentOS(server)
    try {
      await client.agents.save({ source: MANIFEST })
      const ours = await repeat(async () => {
        const startedAt = performance.now()
        const run = await client.runs.submit({ agent: 'bench-byte' })
        let firstMs = Number.NaN
        for await (const event of client.runs.follow(run.id)) {
          if (event.type === 'step.output')
            firstMs = performance.now() - startedAt
        }
        return firstMs
      })
      return [50, 99].map(p => ({
        what: `submit → first byte of output, p${p}`,
        value: percentile(ours, p),
        unit: 'ms',
        limit: percentile(bare, p),
        limitIs: `the same command in the same sandbox (${sandbox.by})`,
        target: p === 50 ? { ratioAtMost: 1.5 } : null,
      }))
    }
    finally {
      await client.close()
      await server.stop()
    }
  }
  finally {
    await removeFolder(folder)
  }
}

async function timeBare(sandbox: BareSandbox): Promise<number> {
  const startedAt = performance.now()
  let firstMs = Number.NaN
  const session = await sandbox.open()
  await session.run('echo first', {
    timeoutMs: 10_000,
    onOutput: () => {
      firstMs = performance.now() - startedAt
      return true
    },
  })
  await session.close()
  return firstMs
}

async function repeat(one: () => Promise<number>): Promise<number[]> {
  for (let warm = 0; warm < 5; warm++)
    await one()
  const times: number[] = []
  for (let time = 0; time < TIMES; time++)
    times.push(await one())
  return times
}
