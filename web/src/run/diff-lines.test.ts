import { expect, it } from 'vitest'
import { diffLines } from './diff-lines.ts'

const shown = (before: string | null, after: string) => diffLines(before, after).lines.map(line => line === null ? '…' : `${line.sign}${line.text}`)

it('shows a new file as lines that were added', () => {
  expect(shown(null, 'one\ntwo\n')).toEqual(['+one', '+two'])
  expect(diffLines(null, 'one\ntwo\n')).toMatchObject({ added: 2, removed: 0 })
})

it('shows what changed with three lines around it, and says where lines are left out', () => {
  const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`)
  const after = lines.with(10, 'changed')
  expect(shown(lines.join('\n'), after.join('\n'))).toEqual(['…', ' line 7', ' line 8', ' line 9', '−line 10', '+changed', ' line 11', ' line 12', ' line 13', '…'])
})

it('keeps the lines that both have, wherever they are', () => {
  expect(shown('a\nb\nc\nd', 'a\nx\nc\ny\nd')).toEqual([' a', '−b', '+x', ' c', '+y', ' d'])
  expect(shown('a\nb', '')).toEqual(['−a', '−b'])
  expect(shown('same\n', 'same\n')).toEqual(['…'])
})

it('does not hold up the page for two long texts that have nothing in common', () => {
  const long = (word: string) => Array.from({ length: 30_000 }, (_, index) => `${word} ${index}`).join('\n')
  const startedAt = performance.now()
  expect(diffLines(long('a'), long('b'))).toMatchObject({ added: 30_000, removed: 30_000 })
  expect(performance.now() - startedAt).toBeLessThan(2000)
})
