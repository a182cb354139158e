import { Buffer } from 'node:buffer'
import { expect, it } from 'vitest'
import { createLineSplitter } from './line-splitter.ts'

function split(pieces: Buffer[], maxBytes = 100): { lines: string[], long: string, tooLong: number } {
  const seen = { lines: [] as string[], long: '', tooLong: 0 }
  const splitter = createLineSplitter({
    maxBytes,
    onLine: line => void seen.lines.push(line.toString()),
    onLong: piece => void (seen.long += piece.toString()),
    onTooLong: () => void seen.tooLong++,
  })
  pieces.forEach(piece => splitter.push(piece))
  splitter.end()
  return seen
}

it('gives the same lines in whatever pieces the bytes come, and cuts no character', () => {
  const bytes = Buffer.from('ä one\n\n👍 two\nlast')
  for (let at = 0; at <= bytes.length; at++)
    expect(split([bytes.subarray(0, at), bytes.subarray(at)]).lines).toEqual(['ä one', '', '👍 two', 'last'])
  expect(split([...bytes].map(byte => Buffer.from([byte]))).lines).toEqual(['ä one', '', '👍 two', 'last'])
})

it('hands a line that is too long on as it comes, to its end, and the next one is a line again', () => {
  const text = `short\n${'x'.repeat(25)}\nnext\n`
  for (let at = 0; at <= text.length; at++)
    expect(split([Buffer.from(text.slice(0, at)), Buffer.from(text.slice(at))], 10)).toEqual({ lines: ['short', 'next'], long: `${'x'.repeat(25)}\n`, tooLong: 1 })
})
