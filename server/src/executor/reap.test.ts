import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { expect, it, onTestFinished } from 'vitest'
import { newId } from '../store/id.ts'
import { reapRun, runsWithProcesses } from './reap.ts'
import { findProgram } from './sandbox/programs.ts'

/** Becomes `sleep` with an environment that no shell would make: the same name twice. */
const TWICE = 'my $path = "/bin/sleep"; my @a = ("sleep", "1000"); my $argv = pack("p*", @a) . pack("Q", 0); my $env = pack("p*", @ARGV) . pack("Q", 0); syscall(59, $path, $argv, $env)'

const perl = findProgram('perl')

it.skipIf(process.arch !== 'x64' || !perl)('a process that calls itself another run as well is found as both, and killed', async () => {
  const [own, other] = [newId(), newId()]
  const child = spawn(perl!, ['-e', TWICE, `AGENTOS_RUN=${other}`, `AGENTOS_RUN=${own}`], { stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  await expect.poll(() => [...runsWithProcesses()]).toEqual(expect.arrayContaining([own, other]))
  expect(await reapRun(own)).toBe(1)
  expect(await exited).toEqual([null, 'SIGKILL'])
})
