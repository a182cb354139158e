import type { ServerProcess } from '../../server/test/process-harness.ts'
import type { RunEvent } from '../src/index.ts'
import { expect, it, onTestFinished } from 'vitest'
import { startApp } from '../../server/src/app.ts'
import { loadConfig } from '../../server/src/config/config.ts'
import { event } from '../../server/src/domain/event.ts'
import { claimRuns } from '../../server/src/store/claim.ts'
import { startServerProcess } from '../../server/test/process-harness.ts'
import { bareEnvironment, script, temporaryFolder } from '../../server/test/server-harness.ts'
import { layCable } from '../../web/e2e/cable.ts'
import { createAgentOS } from '../src/index.ts'

it('resumes over connections that are cut: no gap, no duplicate', async () => {
  const server = await startServerProcess(await temporaryFolder())
  const cable = await layCable()
  onTestFinished(cable.close)
  cable.plugInto(Number(new URL(server.url).port))
  const agentos = connect(cable.url, server)
  const run = await agentos.runs.submit({ manifest: script('for i in $(seq 40); do echo $i; sleep 0.1; done') })
  const events: RunEvent[] = []
  const connection: boolean[] = []
  for await (const event of agentos.runs.follow(run.id, { onConnection: isUp => connection.push(isUp) })) {
    events.push(event)
    if (event.type === 'step.output' && connection.length < 4 && connection.length % 2 === 0) {
      cable.cut()
      setTimeout(cable.join, 200)
    }
  }
  expect(connection.slice(0, 4)).toEqual([false, true, false, true])
  expectWhole(events)
  expect(events).toEqual(await agentos.events.list({ runId: run.id, limit: 5000 }))
  expect((await agentos.runs.result(run.id)).text).toBe(Array.from({ length: 40 }, (_, index) => `${index + 1}\n`).join(''))
})

it('resumes over a server that is killed and started again', async () => {
  const dataDir = await temporaryFolder()
  const first = await startServerProcess(dataDir)
  const agentos = connect(first.url, first)
  const run = await agentos.runs.submit({ manifest: script('while true; do echo tick; sleep 0.1; done') })
  const events: RunEvent[] = []
  let restarted: Promise<ServerProcess> | null = null
  for await (const event of agentos.runs.follow(run.id)) {
    events.push(event)
    if (event.type === 'step.output')
      restarted ??= restart(first)
  }
  await restarted
  expectWhole(events)
  expect(events.map(event => event.type)).toContain('attempt.lost')
  expect(events.at(-1)).toMatchObject({ type: 'run.ended', data: { reason: 'interrupted' } })
  expect(events).toEqual(await agentos.events.list({ runId: run.id, limit: 5000 }))
})

it('loses nothing of a log that comes faster than it is read', async () => {
  const env = { ...bareEnvironment(), AGENTOS_DATA_DIR: await temporaryFolder() }
  // One that takes no runs: the log of this one is written here.
  const server = await startApp(loadConfig(env), { quiet: true, isOnlyLooking: true })
  onTestFinished(() => server.stop())
  const agentos = connect(server.url, server)
  const run = await agentos.runs.submit({ manifest: script('echo never run') })
  const [ref] = await claimRuns(server.db, { worker: 'test', slots: 1, leaseMs: 600_000 })
  const lines = Array.from({ length: 1000 }, () => event('step.output', { step: 1, stream: 'stdout', text: 'one of many lines\n' }))
  for (let thousands = 0; thousands < 50; thousands++)
    await server.log.append(ref!, lines)
  const { lastSeq } = await agentos.runs.get(run.id)

  const enough = new AbortController()
  let last = 0
  for await (const { seq } of agentos.runs.follow(run.id, { signal: enough.signal })) {
    if (seq !== ++last)
      throw new Error(`expected event ${last}, got ${seq}`)
    await new Promise(resolve => setImmediate(resolve))
    if (seq === lastSeq)
      enough.abort()
  }
  expect(last).toBe(lastSeq)
})

function connect(url: string, { credential }: { credential: string }) {
  const agentos = createAgentOS({ url, apiKey: credential })
  onTestFinished(() => agentos.close())
  return agentos
}

/** At the same address, as a server that people use has one. */
async function restart(first: ServerProcess): Promise<ServerProcess> {
  first.child.kill('SIGKILL')
  await first.exited
  return startServerProcess(first.dataDir, { env: { AGENTOS_PORT: new URL(first.url).port } })
}

function expectWhole(events: RunEvent[]): void {
  expect(events.map(event => event.seq)).toEqual(events.map((_, index) => index + 1))
  expect(events.filter(event => event.type === 'run.ended')).toHaveLength(1)
}
