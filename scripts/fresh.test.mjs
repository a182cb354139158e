import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { isFresh, markFresh } from './fresh.mjs'

let room
const made = { stamp: 'cache/stamp.json', sources: ['src', 'one.txt'] }

beforeEach(() => {
  room = mkdtempSync(join(tmpdir(), 'agentos-fresh-'))
  mkdirSync(join(room, 'src/deep'), { recursive: true })
  write('src/deep/a.ts', 'a')
  write('one.txt', '1')
})
afterEach(() => rmSync(room, { recursive: true }))

it('is stale until it is marked, and fresh then', () => {
  expect(isFresh(made, room)).toBe(false)
  markFresh(made, room)
  expect(isFresh(made, room)).toBe(true)
})

it('is stale when a source changed, came or went', () => {
  markFresh(made, room)
  write('src/deep/a.ts', 'b')
  expect(isFresh(made, room)).toBe(false)
  markFresh(made, room)
  write('src/new.ts', '')
  expect(isFresh(made, room)).toBe(false)
  markFresh(made, room)
  rmSync(join(room, 'src/new.ts'))
  expect(isFresh(made, room)).toBe(false)
})

it('stays fresh when a file was only touched, as a checkout does', () => {
  markFresh(made, room)
  utimesSync(join(room, 'one.txt'), new Date(1), new Date(1))
  expect(isFresh(made, room)).toBe(true)
})

it('is stale when anything else that it depends on differs', () => {
  markFresh({ ...made, extra: 'linux-x64' }, room)
  expect(isFresh({ ...made, extra: 'darwin-arm64' }, room)).toBe(false)
})

it('does not look at what is not a source', () => {
  const only = { ...made, isSource: path => !path.endsWith('.test.ts') }
  markFresh(only, room)
  write('src/a.test.ts', 'x')
  expect(isFresh(only, room)).toBe(true)
})

it('is stale when the stamp is torn', () => {
  markFresh(made, room)
  write('cache/stamp.json', '{"glan')
  expect(isFresh(made, room)).toBe(false)
})

function write(path, text) {
  writeFileSync(join(room, path), text)
}
