import { expect, it } from 'vitest'
import { fillTemplate, inputEnvironment, resolveInputs } from './inputs.ts'
import { parseManifest } from './parse.ts'

const parsed = parseManifest(`
name: asks
inputs:
  path: { type: string }
  depth: { type: number, default: 3 }
  deep: { type: boolean, default: false }
  note: { type: string, required: false }
steps: [{ run: ls }]
`, { file: 'asks.yaml' })
if (!parsed.ok)
  throw new Error('the manifest of this test is wrong')
const { manifest } = parsed

it('defaults fill what was not given, and an optional input without one is left out', () => {
  expect(resolveInputs(manifest, { path: '/srv' })).toEqual({ ok: true, inputs: { path: '/srv', depth: 3, deep: false } })
})

it('texts from a command line become numbers and booleans', () => {
  expect(resolveInputs(manifest, { path: 'x', depth: '7', deep: 'yes', note: 5 })).toEqual({ ok: true, inputs: { path: 'x', depth: 7, deep: true, note: '5' } })
})

it('an empty field of a form stands for the default', () => {
  expect(resolveInputs(manifest, { path: 'x', depth: '', deep: null })).toEqual({ ok: true, inputs: { path: 'x', depth: 3, deep: false } })
})

it('everything that is wrong is said at once', () => {
  expect(resolveInputs(manifest, { depth: 'many', deep: 'perhaps', branch: 'main' })).toEqual({
    ok: false,
    problems: [
      'input branch: asks has no such input; it has path, depth, deep, note',
      'input path: expected a text, received nothing; give it with --input path=…',
      'input depth: expected a number, received "many"',
      'input deep: expected true or false, received "perhaps"',
    ],
  })
  expect(resolveInputs(manifest, { path: '' })).toMatchObject({ ok: false, problems: [/not empty/].map(pattern => expect.stringMatching(pattern)) })
  expect(resolveInputs(manifest, { path: 'a\0b' })).toMatchObject({ ok: false })
})

it('names of JavaScript\'s own are no inputs', () => {
  expect(resolveInputs(manifest, { path: 'x', constructor: 'y' })).toMatchObject({ ok: false })
  expect(fillTemplate('{{inputs.constructor}}', { task: '', inputs: {} })).toBe('{{inputs.constructor}}')
})

it('templates are filled once, and foreign braces stay', () => {
  const values = { task: 'say {{inputs.path}}', inputs: { path: '$& $1', n: 2, b: true } }
  expect(fillTemplate('{{task}}|{{ inputs.path }}|{{inputs.n}}{{inputs.b}}|{{.Names}}|{{inputs.zzz}}', values)).toBe('say {{inputs.path}}|$& $1|2true|{{.Names}}|{{inputs.zzz}}')
})

it('commands find the task and the inputs in their environment', () => {
  expect(inputEnvironment('do it', { branch: 'main', maxDepth: 3 })).toEqual({ AGENTOS_TASK: 'do it', INPUT_BRANCH: 'main', INPUT_MAXDEPTH: '3' })
})
