import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { checkDatabase } from '../../test/checker.ts'
import { checkPairs } from '../../test/worker/check-pairs.ts'
import { openWorker, temporaryBase } from '../../test/worker/open-worker.ts'
import { findMarked, listProcesses } from '../executor/sandbox/processes.ts'

/** Two workers, their executors and probes are started, one after another. */
const TIMEOUT_MS = 90_000

const FIXTURE = fileURLToPath(new URL('../../test/worker/worker-process.ts', import.meta.url))

/** A run in a worker of its own process; both it and its executor may be killed by the caller. */
async function runElsewhere(base: string, source: string, level: 'process' | 'sandbox') {
  const child = spawn(process.execPath, [FIXTURE, base, source, level], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [line] = await once(createInterface(child.stdout), 'line') as [string]
  const { id, executors } = JSON.parse(line) as { id: string, executors: number[] }
  return {
    id,
    async kill({ withExecutor }: { withExecutor: boolean }) {
      child.kill('SIGKILL')
      if (withExecutor)
        executors.forEach(pid => process.kill(pid, 'SIGKILL'))
      await once(child, 'exit')
    },
  }
}

const processesOf = (id: string) => findMarked(`AGENTOS_RUN=${id}`, listProcesses())

it.each(['process', 'sandbox'] as const)('after a worker at level %s was killed with its executor, nothing of its run is alive, and what may not be done twice is not done again', { timeout: TIMEOUT_MS }, async (level) => {
  const base = await temporaryBase()
  const before = await runElsewhere(base, 'effects: tell\nsteps:\n  - run: (setsid sleep 1000 &); echo ready; sleep 1000', level)
  expect(await readdir(join(base, 'data', 'workspaces'))).toEqual([before.id])
  await before.kill({ withExecutor: true })

  const worker = await openWorker({ base })
  const events = await worker.ended(before.id)
  const run = await worker.view(before.id)
  expect(run).toMatchObject({ status: 'failed', reason: 'interrupted' })
  expect([...checkPairs(events), ...await checkDatabase(worker.db)]).toEqual([])
  expect(processesOf(before.id)).toEqual([])
  await expect.poll(() => worker.leftFolders()).toEqual([])
})

it('a run of a killed worker goes on in its workspace, and does again what may be done again', { timeout: TIMEOUT_MS }, async () => {
  const base = await temporaryBase()
  const before = await runElsewhere(base, 'steps:\n  - run: echo one >>done\n  - { run: "cat done; ls; echo ready; touch mark; sleep 2", idempotent: true }', 'sandbox')
  await before.kill({ withExecutor: false })

  const worker = await openWorker({ base })
  const events = await worker.ended(before.id)
  const run = await worker.view(before.id)
  expect(run).toMatchObject({ status: 'succeeded', attempt: 2 })
  expect([...checkPairs(events), ...await checkDatabase(worker.db)]).toEqual([])
  expect(events.find(({ type }) => type === 'run.resumed')).toMatchObject({ data: { kept: 1, repeated: 1, unknown: 0, workspace: 'kept' } })
  const said = events.flatMap(({ type, attempt, data }) => type === 'step.output' && attempt === 2 ? [data.text] : []).join('')
  expect(said).toMatch(/^one\n[\s\S]*mark\n/)
})
