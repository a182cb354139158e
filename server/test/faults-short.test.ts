import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { FAULTS } from './faults/faults.ts'
import { spawnNode } from './process-harness.ts'

const SUITE = fileURLToPath(new URL('./faults/main.ts', import.meta.url))
const SHORT = FAULTS.filter(({ isShort }) => isShort).map(({ name }) => name)
/** At a time: most of what each does is to wait. */
const SHARES = [0, 1].map(share => SHORT.filter((_, n) => n % 2 === share))

/** What `npm run test:faults` does at length. The seed is another one each time, and stands in what it says when a rule was broken. */
it.concurrent.for(SHARES)('keeps every rule of the checker under a few faults of each kind that a machine of CI can bear: %s', { timeout: 600_000 }, async (names, { expect, onTestFinished }) => {
  const folder = mkdtempSync(join(tmpdir(), 'agentos-faults-short-'))
  const suite = spawnNode([SUITE, '--short', ...names.flatMap(name => ['--only', name])], folder, { isShared: true })
  onTestFinished(async () => {
    suite.child.kill('SIGTERM')
    await suite.exited
    rmSync(folder, { recursive: true, force: true })
  })
  const [code] = await suite.exited
  expect(suite.stdout() + suite.stderr()).toMatch(/no rule was broken/)
  expect(code).toBe(0)
})

it('says what it expected when it is asked for a fault that there is not', async () => {
  const suite = spawnNode([SUITE, '--only', 'kill-everything'], tmpdir())
  expect((await suite.exited)[0]).toBe(1)
  expect(suite.stderr()).toMatch(/^test:faults: --only: expected one of kill-server, .*, got "kill-everything"\n$/)
})
