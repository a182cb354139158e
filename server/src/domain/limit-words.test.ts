import { expect, it } from 'vitest'
import { isKept, keepersInWords, keptInWords } from './limit-words.ts'
import { UNKEPT } from './limits.ts'

it('groups limits by what keeps them, the strictest first, and leaves out what nothing keeps', () => {
  const keepers = { ...UNKEPT, memory: ['cgroup' as const, 'rlimit' as const], processes: ['cgroup' as const], cpu: ['cgroup' as const], files: ['rlimit' as const] }
  expect(keepersInWords(keepers, ['memory', 'processes', 'cpu', 'files', 'disk'])).toBe('memory: cgroup+rlimit · processes, cpu: cgroup · open files: rlimit')
  expect(keepersInWords(UNKEPT, ['memory'])).toBe('')
})

it('says in a sentence what keeps a limit, and when nothing does', () => {
  expect(keptInWords(['cgroup', 'none'])).toBe('kept by the kernel for the whole run')
  expect(keptInWords(['none'])).toBe('nothing keeps this limit here')
  expect(keptInWords([])).toBe('nothing keeps this limit here')
  expect([isKept(['none']), isKept([]), isKept(['watched'])]).toEqual([false, false, true])
})
