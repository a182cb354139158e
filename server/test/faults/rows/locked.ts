import type { Fault } from '../fault.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { databasePath, judge } from '../judge.ts'
import { startLoad } from '../load.ts'
import { startServer } from '../server-under-test.ts'
import { watchStalls } from '../stalls.ts'

const HELD_MS = 6_000
const HOLDER = fileURLToPath(new URL('../../conformance-fixtures/hold-write-lock.ts', import.meta.url))

export const lockedDatabase: Fault = {
  name: 'locked',
  title: 'SQLite locked by another process for 6 s',
  databases: ['sqlite'],
  isShort: false,
  async run(ground) {
    const server = await startServer(ground)
    const load = await startLoad(ground, { servers: [server], lanes: 4 })
    const times = ground.times(3, 1)
    for (let time = 0; time < times; time++) {
      await pause(1_000)
      const holder = spawn(process.execPath, [HOLDER, databasePath(ground)], { stdio: ['pipe', 'pipe', 'inherit'] })
      ground.onEnd(() => holder.kill('SIGKILL'))
      await once(holder.stdout, 'data')
      const stalls = await watchStalls(ground, server.url)
      await pause(HELD_MS)
      const closed = once(holder, 'close')
      holder.stdin.write('go\n')
      await closed
      stalls.judge(ground, 'while its database was locked')
    }
    await load.settle()
    ground.must(await server.kill('SIGTERM') === 0, `the server did not outlive it: ${server.said()}`)
    await judge(ground, load)
    return { runs: load.runs(), kills: times }
  },
}
