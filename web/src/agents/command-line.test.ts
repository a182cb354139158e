import type { Submission } from '../stores/run-submit.ts'
import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { commandLine } from './command-line.ts'

const plain: Submission = { agent: 'repo-report', task: '', inputs: {}, workspace: null, timeMs: null, isolation: null }

it('writes only what was set', () => {
  expect(commandLine(plain)).toBe('npx agentos run repo-report')
  expect(commandLine({ ...plain, inputs: { top: 3, deep: true }, workspace: '/srv/x', timeMs: 90_000, isolation: 'sandbox' }))
    .toBe('npx agentos run repo-report --input top=3 --input deep=true --workspace /srv/x --timeout 90s --isolated')
})

it('quotes so that a real shell hands over the very same text', () => {
  const task = 'it\'s $HOME `id` "quoted"\nand two lines'
  const words = execFileSync('sh', ['-c', commandLine({ ...plain, task }).replace('npx agentos run', 'printf "%s|"')], { encoding: 'utf8' })
  expect(words).toBe(`repo-report|--task|${task}|`)
})
