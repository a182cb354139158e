import type { ServerProcess } from './process-harness.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createAgentOS } from '@agentos/client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { listProcesses } from '../src/executor/sandbox/processes.ts'
import { agentos, jsonLines, writeManifest } from './cli-harness.ts'
import { startServerProcess } from './process-harness.ts'

let server: ServerProcess
beforeAll(async () => {
  server = await startServerProcess(await mkdtemp(join(tmpdir(), 'agentos-settle-test-')), { isShared: true })
})
afterAll(async () => {
  await server.stop()
  await rm(server.dataDir, { recursive: true, force: true })
})

/** A run that lost its executor in the middle of a command, and asks. */
async function waitingRun(name: string): Promise<string> {
  const manifest = await writeManifest(server.dataDir, name, 'echo begun; [ "$AGENTOS_ATTEMPT" -gt 1 ] || sleep 300', 'effects: ask\n')
  const { stdout } = await agentos(['run', manifest, '--detach', '--json'], server)
  const { runId } = JSON.parse(stdout) as { runId: string }
  const client = createAgentOS({ url: server.url, apiKey: server.credential })
  for await (const event of client.runs.follow(runId)) {
    if (event.type === 'step.output')
      killExecutor()
    if (event.type === 'run.parked')
      break
  }
  client.close()
  return runId
}

function killExecutor(): void {
  for (const { pid } of listProcesses().filter(({ parent }) => parent === server.child.pid))
    process.kill(pid, 'SIGKILL')
}

it('a run whose command nobody knows the end of asks in the terminal, and goes on with the answer', { timeout: 120_000 }, async () => {
  const runId = await waitingRun('deploy')
  expect((await agentos(['ps', '--status', 'waiting'], server)).stdout).toContain('waits for a person: how did "work" end?')
  const asked = await agentos(['settle', runId.slice(0, 10)], server)
  expect(asked.stdout).toMatch(/^Nobody knows how work ended\. It was begun at .+:\n {2}\$ echo begun;[\s\S]+settle \w{10} done/)

  const wrong = await agentos(['settle', runId, 'maybe'], server)
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('expected done, failed or repeat, but got "maybe"') })

  const settled = await agentos(['settle', runId, 'done', '--note', 'I looked'], server)
  expect(settled).toMatchObject({ code: 0, stdout: expect.stringContaining('settled as done') })
  const logs = await agentos(['logs', '-f', runId], server)
  expect(logs.stdout).toMatch(/settled as done by owner: I looked[\s\S]+succeeded/)

  const late = await agentos(['settle', runId, 'done'], server)
  expect(late).toMatchObject({ code: 1, stderr: expect.stringContaining('is succeeded and waits for no settlement') })
})

it('what is done again is done again; what failed ends a run whose step may not fail', { timeout: 120_000 }, async () => {
  const [again, failed] = [await waitingRun('again'), await waitingRun('failed')]
  await agentos(['settle', again, 'repeat'], server)
  expect((await agentos(['logs', '-f', again], server)).stdout.match(/│ begun/g)).toHaveLength(2)
  const { stdout } = await agentos(['settle', failed, 'failed', '--json'], server)
  expect(JSON.parse(stdout)).toMatchObject({ status: 'failed', reason: 'error', detail: 'Step "work" failed, says owner.' })
  expect(jsonLines(await agentos(['ps', '--json', '--status', 'waiting'], server))).toEqual([])
})
