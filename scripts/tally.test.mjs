import { describe, expect, it } from 'vitest'
import { closingLine, countTests, table } from './tally.mjs'

const good = { numPassedTests: 7, numFailedTests: 0, numPendingTests: 1, numTodoTests: 1 }

describe('a run of the tests', () => {
  it('counts what passed, failed and was skipped', () => {
    expect(countTests(good, 0)).toEqual({ passed: 7, failed: 0, skipped: 2 })
    expect(countTests({ numPassedTests: 5, numFailedTests: 3 }, 1)).toEqual({ passed: 5, failed: 3, skipped: 0 })
  })

  it('has failed when a file could not be loaded, although every test that ran passed', () => {
    expect(countTests(good, 1)).toMatchObject({ passed: 7, failed: 1 })
  })

  it('counts each file that could not be loaded, whatever the exit code says', () => {
    const testResults = [
      { status: 'failed', assertionResults: [] },
      { status: 'failed', assertionResults: [{ status: 'failed' }] },
      { status: 'passed', assertionResults: [{ status: 'passed' }] },
    ]
    expect(countTests({ ...good, numFailedTests: 1, testResults }, 0)).toMatchObject({ passed: 7, failed: 2 })
  })

  it('has failed when it was killed', () => {
    expect(countTests(good, null)).toMatchObject({ failed: 1 })
  })

  it('has failed when it left no report', () => {
    expect(countTests(null, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })

  it('has failed when nothing ran', () => {
    expect(countTests({ numPassedTests: 0, numFailedTests: 0 }, 0)).toMatchObject({ passed: 0, failed: 1 })
  })
})

it('ends with one line that sums all stages', () => {
  const results = [
    { name: 'lint', passed: 1, failed: 0, skipped: 0, durationMs: 10 },
    { name: 'tests', passed: 40, failed: 2, skipped: 1, durationMs: 2000 },
  ]
  expect(closingLine(results)).toBe('41 passed, 2 failed')
  expect(table(results)).toContain('✘ tests     40 passed     2 failed    1 skipped     2.0 s')
})
