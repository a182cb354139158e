import type { Fault } from '../fault.ts'
import { createAgentOS } from '../../../../client/src/index.ts'
import { judge } from '../judge.ts'
import { executorsOf, peakBytes } from '../processes.ts'
import { startServer } from '../server-under-test.ts'
import { watchStalls } from '../stalls.ts'

const MiB = 1024 * 1024
const MORE_BYTES = 200 * MiB

/** What is written, and what the log must have of it. */
const FLOODS: { name: string, run: string, has: RegExp }[] = [
  { name: 'one-gigabyte', run: `trap '' TERM; head -c 1000000000 /dev/zero`, has: /output\.cut/ },
  { name: 'one-line', run: `trap '' TERM; head -c 100000000 /dev/zero | tr '\\0' x`, has: /output\.cut/ },
  { name: 'raw-bytes', run: String.raw`printf 'a\377\376\200b\0c\355\240\200 \033[31mred\033]52;c;aGVsbG8=\007'`, has: /a\uFFFD\uFFFD\uFFFDb\uFFFDc/ },
]

export const floods: Fault = {
  name: 'floods',
  title: 'an agent floods 1 GB, one line of 100 MB, raw bytes',
  databases: ['sqlite', 'postgresql'],
  isShort: false,
  async run(ground) {
    const server = await startServer(ground)
    const pids = [server.pid, ...executorsOf(server.pid)]
    const atRest = pids.map(peakBytes)
    const client = createAgentOS({ url: server.url, apiKey: server.credential })
    ground.onEnd(() => client.close())
    const stalls = await watchStalls(ground, server.url)
    for (const { name, run, has } of FLOODS) {
      const source = `name: ${name}\nlimits: { output: 2MiB }\nsteps:\n  - run: ${JSON.stringify(run)}\n`
      const { id } = await client.runs.submit({ manifest: { source }, task: ground.mark })
      const { run: ended } = await client.runs.result(id)
      const said = JSON.stringify(await client.events.list({ runId: id, limit: 5_000 }))
      ground.must(has.test(said), `${name}: its log does not have ${has}`)
      // A NUL stands in the log as a character of three bytes.
      ground.must(ended.outputBytes <= 3 * 2.1 * MiB, `${name}: ${ended.outputBytes} bytes of output are in its log`)
      ground.must(ended.reason === (name === 'raw-bytes' ? 'completed' : 'output_limit'), `${name}: it ended by ${ended.reason}: ${ended.detail}`)
    }
    stalls.judge(ground, 'while agents flooded it')
    const moreBytes = Math.max(...pids.map((pid, index) => peakBytes(pid) - atRest[index]!))
    ground.note(`server and executor had at most ${Math.round(moreBytes / MiB)} MiB more than at rest`)
    ground.must(moreBytes < MORE_BYTES, `a process of the server grew by ${Math.round(moreBytes / MiB)} MiB`)
    await server.kill('SIGTERM')
    await judge(ground)
    return { runs: FLOODS.length, kills: FLOODS.length }
  },
}
