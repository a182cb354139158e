import type { AgentOS } from '@agentos/client'
import type { LimitKeepers } from '../../domain/limits.ts'
import { expect, it } from 'vitest'
import { UNKEPT } from '../../domain/limits.ts'
import { checkServer } from './server.ts'

async function limitsOf(keepers: LimitKeepers) {
  const level = (name: string) => ({ level: name, proven: true, by: 'test', missing: null, keepers })
  const overview = { database: { dialect: 'sqlite', latencyMs: 1 }, sandbox: { default: 'sandbox', levels: [level('process'), level('sandbox')] }, models: { configured: ['a'], howTo: null } }
  const checks = await checkServer({ system: { overview: async () => overview } } as unknown as AgentOS) // all that it asks for
  return checks.filter(({ name }) => name.startsWith('limits'))
}

it('says in one line what keeps each limit at the level of a run that names none, then of the other', async () => {
  const keepers: LimitKeepers = { ...UNKEPT, memory: ['cgroup'], processes: ['cgroup'], cpu: ['cgroup'], files: ['rlimit'], disk: ['watched'], cpuTime: ['watched'] }
  const found = 'memory, processes, cpu: cgroup · CPU time, disk space: watched · open files: rlimit'
  expect(await limitsOf(keepers)).toEqual([{ name: 'limits', result: 'ok', found, keepers }, { name: 'limits: process', result: 'ok', found, keepers }])
})

it('warns of a limit that nothing keeps at that level, and says what to do', async () => {
  const keepers: LimitKeepers = { ...UNKEPT, memory: ['rlimit'], processes: ['rlimit'], files: ['rlimit'], disk: ['watched'], cpuTime: ['rlimit'] }
  const [check, other] = await limitsOf(keepers)
  expect(check).toMatchObject({ result: 'warning', found: 'memory, processes, CPU time, open files: rlimit · disk space: watched · cpu: none', mend: expect.stringContaining('Delegate=yes') })
  expect(other).toMatchObject({ name: 'limits: process', result: 'ok', found: check!.found })
})
