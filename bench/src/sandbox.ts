import type { BareSandbox } from './bare-sandbox.ts'
import type { Figure } from './figure.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { bareSandbox } from './bare-sandbox.ts'
import { percentile } from './figure.ts'
import { dataFolder, removeFolder } from './server-process.ts'

const TIMES = 60

/** What a sandbox costs by each way into it, beside a bare process. */
export async function measure(): Promise<Figure[]> {
  const folder = await dataFolder()
  try {
    const figures: Figure[] = []
    for (const way of ['bubblewrap', 'util-linux'] as const) {
      const sandbox = await bareSandbox(folder, [way])
      if (!sandbox.by.startsWith(way))
        continue // It is not installed.
      figures.push(...await timeWay(sandbox))
    }
    return figures
  }
  finally {
    await removeFolder(folder)
  }
}

async function timeWay(sandbox: BareSandbox): Promise<Figure[]> {
  const [bare, opened, command, closed] = [[], [], [], []] as number[][]
  for (let time = 0; time < TIMES; time++) {
    const at = [performance.now()]
    const lap = () => at.push(performance.now())
    await once(spawn('/bin/true', { env: {}, stdio: 'ignore' }), 'exit')
    lap()
    const session = await sandbox.open()
    await session.run('echo first', { timeoutMs: 10_000, onOutput: () => true })
    lap()
    await session.run('echo second', { timeoutMs: 10_000, onOutput: () => true })
    lap()
    await session.close()
    lap();
    [bare, opened, command, closed].forEach((list, index) => list!.push(at[index + 1]! - at[index]!))
  }
  const row = (what: string, times: number[]) => ({
    what: `${sandbox.by}: ${what}, p50`,
    value: percentile(times, 50),
    unit: 'ms',
    limit: percentile(bare!, 50),
    limitIs: 'a bare /bin/true',
    target: null,
  })
  return [row('open and first command', opened!), row('each further command', command!), row('close', closed!)]
}
