import type { RunFile } from '../stores/run-files.ts'
import { expect, it } from 'vitest'
import { fileLines } from './file-lines.ts'

const file = (path: string): RunFile => ({ path, kind: 'file', change: 'added', mode: 0o644, sizeBytes: 1, target: null, note: null, isKept: true, hasBefore: false })

it('a tree has each folder once, folders before files, and everything under what it lies in', () => {
  const lines = fileLines(['z.txt', 'src/b.ts', 'src/deep/er/a.ts', 'a.txt', 'src/a.ts'].map(file))
  expect(lines.map(({ depth, name, file }) => `${'  '.repeat(depth - 1)}${name}${file ? '' : '/'}`)).toEqual(['src/', '  deep/', '    er/', '      a.ts', '  a.ts', '  b.ts', 'a.txt', 'z.txt'])
  expect(new Set(lines.map(({ key }) => key)).size).toBe(lines.length)
})
