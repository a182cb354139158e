import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { spawnNode } from './process-harness.ts'

const SUITE = fileURLToPath(new URL('./faults/main.ts', import.meta.url))

/** What `npm run test:faults` does at length. The seed is another one each time, and stands in what it says when a rule was broken. */
it('keeps every rule of the checker under a few faults of each kind that a machine of CI can bear', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'agentos-faults-short-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const suite = spawnNode([SUITE, '--short'], folder)
  const [code] = await suite.exited
  expect(suite.stdout() + suite.stderr()).toMatch(/no rule was broken/)
  expect(code).toBe(0)
}, 600_000)

it('says what it expected when it is asked for a fault that there is not', async () => {
  const suite = spawnNode([SUITE, '--only', 'kill-everything'], tmpdir())
  expect((await suite.exited)[0]).toBe(1)
  expect(suite.stderr()).toMatch(/^test:faults: --only: expected one of kill-server, .*, got "kill-everything"\n$/)
})
