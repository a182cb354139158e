import fc from 'fast-check'
import { expect, it } from 'vitest'
import { checkCondition, evaluateCondition } from './condition.ts'

const context = {
  steps: { 'fetch': { exitCode: 0, status: 'succeeded' }, 'run tests': { exitCode: 3, status: 'failed' }, 'skipped': { exitCode: null, status: 'skipped' } },
  inputs: { deep: true, count: 4, branch: 'main' },
  task: 'look around',
}

it.each([
  ['steps[\'fetch\'].exitCode == 0', true],
  ['steps.fetch.exitCode != 0', false],
  ['steps[\'run tests\'].status == \'failed\' && inputs.deep', true],
  ['steps[\'skipped\'].exitCode == null', true],
  ['inputs.count > 3 || task == \'\'', true],
  ['inputs.branch.startsWith(\'ma\') && size(task) > 5', true],
  ['!(inputs.branch in [\'dev\', \'test\'])', true],
  ['steps.exists(name, steps[name].status == \'failed\')', true],
  ['has(inputs.other)', false],
])('%s is %s', (expression, value) => {
  expect(evaluateCondition(expression, context)).toEqual({ ok: true, value })
})

it.each([
  ['steps[\'nope\'].exitCode == 0', /there is no nope/],
  ['1 +', /ends too early/],
  ['env == \'x\'', /there is no env; a condition sees steps, inputs and task/],
  ['task', /must give true or false/],
  ['inputs.count', /must give true or false.*4/],
  ['inputs.branch > 3', /inputs\.branch > 3|overload|no such/i],
  ['task.matches(\'(a+)+$\')', /matches\(\) is not available/],
  ['steps.all(a, steps.all(b, a == b))', /once/],
  [`task == '${'x'.repeat(2000)}'`, /at most 1000 characters/],
  ['('.repeat(400) + 'true' + ')'.repeat(400), /./], // eslint-disable-line prefer-template -- a row of the same sign reads better so
  ['[1,2,3'.repeat(60), /./],
])('%s is refused with a reason', (expression, reason) => {
  const outcome = evaluateCondition(expression, context)
  expect(outcome).toMatchObject({ ok: false, error: expect.stringMatching(reason) })
  expect(outcome.ok ? '' : outcome.error).not.toContain('\n')
})

it('the steps that a condition names are told', () => {
  expect(checkCondition('steps[\'a b\'].exitCode == 0 && (steps.c.status == \'failed\' || inputs.deep)')).toEqual({ ok: true, steps: expect.arrayContaining(['a b', 'c']) })
})

it('no expression makes it throw', () => {
  const piece = fc.constantFrom('steps', 'inputs', 'task', '.', '[', ']', '(', ')', '==', '&&', '!', '\'a\'', '1', 'size', 'all', 'x', ',', '?', ':', ' ', '"', '\\')
  fc.assert(fc.property(fc.array(piece, { maxLength: 40 }), pieces => typeof evaluateCondition(pieces.join(''), context).ok === 'boolean'), { numRuns: 1000 })
})
