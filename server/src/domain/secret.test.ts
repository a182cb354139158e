import { expect, it } from 'vitest'
import { secretNameProblem, secretValueProblem } from './secret.ts'

it.each(['GITHUB_TOKEN', 'A', '_X1'])('%s may be the name of a secret', (name) => {
  expect(secretNameProblem(name)).toBeNull()
})

it.each(['', 'token', '1A', 'A-B', 'A B', `A${'B'.repeat(128)}`, 'A\n'])('%j is no name', (name) => {
  expect(secretNameProblem(name)).toMatch(/^a name of capital letters/)
})

it.each(['PATH', 'HOME', 'LD_PRELOAD', 'NODE_OPTIONS', 'AGENTOS_TASK', 'INPUT_BRANCH', 'BASH_ENV', 'ENV', 'IFS', '_'])('%s would change what a command does', (name) => {
  expect(secretNameProblem(name)).toMatch(/^another name/)
})

it.each([
  ['x'.repeat(7), /at least 8 characters, got 7/],
  ['    abc \n\n  ', /at least 8 characters, got 3/],
  ['\x1B[31mabc\x1B[0m', /got 3/],
  ['-'.repeat(40), /different characters/],
  ['abcd\0efgh', /NUL/],
  ['xyzw'.repeat(16_385), /at most 65536 bytes, got 65540/],
])('the value %j is refused without being repeated', (value, problem) => {
  expect(secretValueProblem(value)).toMatch(problem)
  expect(secretValueProblem(value)).not.toContain(value)
})

it('a key file and a passphrase are values', () => {
  expect(secretValueProblem('-----BEGIN KEY-----\nabc\n-----END KEY-----\n')).toBeNull()
  expect(secretValueProblem('correct horse battery')).toBeNull()
})
