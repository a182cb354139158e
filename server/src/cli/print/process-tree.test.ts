import { stripVTControlCharacters } from 'node:util'
import { expect, it } from 'vitest'
import { formatProcessTree } from './process-tree.ts'

const startedAt = '2026-11-24T10:00:00.000Z'
const usage = {
  at: '2026-11-24T10:00:02.000Z',
  cpuMs: 3200,
  memoryBytes: 642 * 2 ** 20,
  processes: 3,
  files: 4,
  diskBytes: 2048,
  tree: [
    { pid: 10, parent: 0, command: 'sh', cpuMs: 0, memoryBytes: 2 ** 20, startedAt },
    { pid: 11, parent: 10, command: 'node --watch "a long name of a file that does not fit"', cpuMs: 2000, memoryBytes: 600 * 2 ** 20, startedAt },
    { pid: 12, parent: 10, command: '\u001B[2Jrm\u0000 -rf\n/ \u202Etxt.exe', cpuMs: 1200, memoryBytes: 41 * 2 ** 20, startedAt },
  ],
  omitted: 0,
}
const before = { ...usage, at: '2026-11-24T10:00:00.000Z', cpuMs: 1200, tree: usage.tree.map(process => ({ ...process, cpuMs: 0 })) }
const lines = (now: Parameters<typeof formatProcessTree>[0], width?: number) => formatProcessTree(now, width).map(line => stripVTControlCharacters(line))

it('draws the tree with CPU per cent and memory, cut to the width of the terminal', () => {
  const drawn = lines({ usage, before }, 60)
  expect(drawn.slice(0, 2)).toEqual([
    '        10      0.0 %      1 MiB  └─ sh',
    '        11    100.0 %    600 MiB     ├─ node --watch "a lon…',
  ])
  expect(drawn[1]).toHaveLength(60)
  expect(drawn.at(-1)).toBe('  3 processes · CPU 100.0 % · CPU time 3.2 s · 642 MiB · disk 2 KiB')
})

it('has CPU time while there is one sample, cuts nothing in a pipe, and says what it leaves out', () => {
  const drawn = lines({ usage: { ...usage, omitted: 7, diskBytes: null }, before: null })
  expect(drawn[1]).toBe('        11      2.0 s    600 MiB     ├─ node --watch "a long name of a file that does not fit"')
  expect(drawn.slice(-2)).toEqual(['         7 more processes are not shown', '  3 processes · CPU time 3.2 s · 642 MiB'])
})

it('prints a hostile command line as text on one line', () => {
  const [,, line] = formatProcessTree({ usage, before: null })
  expect(stripVTControlCharacters(line!)).toBe('        12      1.2 s     41 MiB     └─ rm -rf / \\u202etxt.exe')
  expect(line).not.toContain('\u001B[2J')
})
