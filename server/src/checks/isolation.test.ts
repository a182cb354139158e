import type { LimitKeepers } from '../domain/limits.ts'
import type { LevelStatus } from '../domain/views/system.ts'
import { expect, it } from 'vitest'
import { UNKEPT } from '../domain/limits.ts'
import { checkIsolation } from './isolation.ts'

function limitsOf(keepers: LimitKeepers) {
  const level = (name: LevelStatus['level']): LevelStatus => ({ level: name, proven: true, by: 'test', missing: null, keepers })
  return checkIsolation({ default: 'sandbox', levels: [level('process'), level('sandbox')] }).filter(({ name }) => name.startsWith('limits'))
}

it('says in one line what keeps each limit at the level of a run that names none, then of the other', () => {
  const keepers: LimitKeepers = { ...UNKEPT, memory: ['cgroup'], processes: ['cgroup'], cpu: ['cgroup'], files: ['rlimit'], disk: ['watched'], cpuTime: ['watched'] }
  const found = 'memory, processes, cpu: cgroup · CPU time, disk space: watched · open files: rlimit'
  expect(limitsOf(keepers)).toEqual([{ name: 'limits', result: 'ok', found, keepers }, { name: 'limits: process', result: 'ok', found, keepers }])
})

it('warns of a limit that nothing keeps at that level, and says what to do', () => {
  const keepers: LimitKeepers = { ...UNKEPT, memory: ['rlimit'], processes: ['rlimit'], files: ['rlimit'], disk: ['watched'], cpuTime: ['rlimit'] }
  const [check, other] = limitsOf(keepers)
  expect(check).toMatchObject({ result: 'warning', found: 'memory, processes, CPU time, open files: rlimit · disk space: watched · cpu: none', mend: expect.stringContaining('Delegate=yes') })
  expect(other).toMatchObject({ name: 'limits: process', result: 'ok', found: check!.found })
})
