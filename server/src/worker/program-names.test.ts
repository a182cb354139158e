import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { createProgramNames } from './program-names.ts'

const root = mkdtempSync(join(tmpdir(), 'agentos-names-'))
const system = join(root, 'bin')
const elsewhere = join(root, 'workspace')
for (const folder of [system, elsewhere, join(root, 'alternatives')])
  mkdirSync(folder)
for (const name of ['vim.basic', 'busybox', 'plain'])
  writeFileSync(join(system, name), '')
symlinkSync(join(root, 'alternatives/vi'), join(system, 'vi'))
symlinkSync(join(system, 'vim.basic'), join(root, 'alternatives/vi'))
symlinkSync('busybox', join(system, 'rm'))
symlinkSync('circle', join(system, 'circle'))
symlinkSync(join(system, 'vim.basic'), join(elsewhere, 'tool'))
afterAll(() => rmSync(root, { recursive: true }))

it('follows the links of the system\'s folders to the other names of a program', () => {
  const namesOf = createProgramNames([system])
  expect(namesOf('vi')).toEqual(['vim.basic'])
  expect(namesOf(join(system, 'vi'))).toEqual(['vim.basic'])
  expect(namesOf(`${system}/../bin/./vi`)).toEqual(['vim.basic'])
})

it('knows no other name of a program that is many in one, of none at all, and of one in a workspace', () => {
  const namesOf = createProgramNames([system])
  expect(namesOf('rm')).toEqual([])
  expect(namesOf('plain')).toEqual([])
  expect(namesOf('not-there')).toEqual([])
  expect(namesOf('circle')).toEqual([])
  expect(namesOf('x\0y')).toEqual([])
  expect(namesOf(join(elsewhere, 'tool'))).toEqual([])
})
