import type { ProcessView } from './views/run.ts'
import { expect, it } from 'vitest'
import { cpuPercent, processRows } from './process-tree.ts'

const startedAt = '2026-11-24T10:00:00.000Z'

function made(pid: number, parent: number, cpuMs = 0): ProcessView {
  return { pid, parent, command: `p${pid}`, cpuMs, memoryBytes: 1, startedAt }
}

function sample(second: number, tree: ProcessView[]) {
  return { at: `2026-11-24T10:00:0${second}.000Z`, cpuMs: tree.reduce((sum, { cpuMs }) => sum + cpuMs, 0), tree }
}

it('puts each process below its parent, and says of each level whether more follow', () => {
  const rows = processRows(sample(0, [made(1, 0), made(2, 1), made(3, 1), made(4, 2)]), null)
  expect(rows.map(({ process, isLast }) => [process.pid, isLast])).toEqual([[1, [true]], [2, [true, false]], [4, [true, false, true]], [3, [true, true]]])
  expect(rows.every(row => row.cpuPercent === null)).toBe(true)
})

it('has CPU per cent from two samples, of one processor, and none for a pid that was given away', () => {
  const before = sample(1, [made(1, 0, 100), made(2, 1, 0), made(3, 1, 5000)])
  const now = sample(3, [made(1, 0, 100), made(2, 1, 2000), { ...made(3, 1, 10), startedAt: '2026-11-24T10:00:02.500Z' }])
  expect(processRows(now, before).map(row => row.cpuPercent)).toEqual([0, 100, null])
  expect(cpuPercent({ ...now, cpuMs: 7000 }, { ...before, cpuMs: 4000 })).toBe(150)
  expect(cpuPercent(now, null)).toBeNull()
  expect(cpuPercent(now, now)).toBeNull()
})

it('draws every process once of an executor that lies: rings, its own parent, two of one id', () => {
  const tree = [made(1, 1), made(2, 3), made(3, 2), made(4, 99), made(4, 99), made(5, 4)]
  const rows = processRows(sample(0, tree), null)
  expect(rows.map(row => row.process.pid).sort()).toEqual([1, 2, 3, 4, 4, 5])
  expect(new Set(rows.map(row => row.process)).size).toBe(tree.length)
  const chain = Array.from({ length: 200 }, (_, at) => made(at + 1, at))
  expect(processRows(sample(0, chain), null).at(-1)!.isLast).toHaveLength(200)
})
