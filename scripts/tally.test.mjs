import { describe, expect, it } from 'vitest'
import { closingLine, countTests, filesToRepeat, table, withRepeated } from './tally.mjs'

function file(path, { isFailed = false, passed = 0, skipped = 0, failed = [] } = {}) {
  return { path, isFailed: isFailed || failed.length > 0, passed, skipped, failed }
}
const run = (files, { exitCode = files.some(({ isFailed }) => isFailed) ? 1 : 0, errorsOutside = 0 } = {}) => ({ report: { errorsOutside, files }, exitCode })
const good = file('good', { passed: 7, skipped: 2 })

describe('a run of the tests', () => {
  it('counts what passed, failed and was skipped', () => {
    expect(countTests(run([good]))).toMatchObject({ passed: 7, failed: 0, skipped: 2 })
    expect(countTests(run([good, file('bad', { passed: 5, failed: ['a', 'b', 'c'] })]))).toMatchObject({ passed: 12, failed: 3, skipped: 2 })
  })

  it('counts each file that could not be loaded, whatever the exit code says', () => {
    expect(countTests(run([good, file('bad', { isFailed: true }), file('worse', { failed: ['a'] })], { exitCode: 0 }))).toMatchObject({ passed: 7, failed: 2 })
  })

  it('has failed when something outside a test did, or vitest says so', () => {
    expect(countTests(run([good], { errorsOutside: 1 }))).toMatchObject({ passed: 7, failed: 1 })
    expect(countTests(run([good], { exitCode: 1 }))).toMatchObject({ passed: 7, failed: 1 })
  })

  it('has failed when it was killed, left no report, or ran nothing', () => {
    expect(countTests({ ...run([good]), exitCode: null })).toMatchObject({ failed: 1 })
    expect(countTests({ report: null, exitCode: 0 })).toMatchObject({ passed: 0, failed: 1, skipped: 0 })
    expect(countTests(run([]))).toMatchObject({ passed: 0, failed: 1 })
  })
})

describe('what failed is run again', () => {
  const bad = file('bad', { passed: 1, failed: ['waits', 'asks'] })

  it('but not what passed, nor when so much failed that it is no chance, or something outside the tests', () => {
    expect(filesToRepeat(run([good, bad]))).toEqual(['bad'])
    expect(filesToRepeat(run([good]))).toEqual([])
    expect(filesToRepeat(run(Array.from({ length: 6 }, (_, n) => file(`bad${n}`, { failed: ['a'] }))))).toEqual([])
    expect(filesToRepeat(run([good, bad], { errorsOutside: 1 }))).toEqual([])
    expect(filesToRepeat(run([good, bad], { exitCode: null }))).toEqual([])
    expect(filesToRepeat({ report: null, exitCode: 1 })).toEqual([])
  })

  it('and counts as it went then; what passed only then is named', () => {
    const all = countTests(withRepeated(run([good, bad]), run([file('bad', { passed: 3 })])))
    expect(all).toEqual({ passed: 10, failed: 0, skipped: 2, passedAgain: ['waits', 'asks'] })
    expect(table([{ name: 'tests', ...all, durationMs: 1 }])).toContain('\n! failed, and passed when run again by itself: waits')
    const broken = countTests(withRepeated(run([good, file('broken', { isFailed: true })]), run([file('broken', { passed: 3 })])))
    expect(broken).toMatchObject({ passed: 10, failed: 0, passedAgain: ['broken'] })
  })

  it('and stays failed when it fails again, is not reached, or breaks', () => {
    expect(countTests(withRepeated(run([good, bad]), run([file('bad', { passed: 2, failed: ['asks'] })])))).toMatchObject({ passed: 9, failed: 1, passedAgain: ['waits'] })
    expect(countTests(withRepeated(run([good, bad]), run([])))).toMatchObject({ passed: 8, failed: 2, passedAgain: [] })
    expect(countTests(withRepeated(run([good, bad]), { report: null, exitCode: null }))).toMatchObject({ passed: 8, failed: 2 })
    expect(countTests(withRepeated(run([good, bad]), run([file('bad', { passed: 3 })], { errorsOutside: 1, exitCode: 1 })))).toMatchObject({ failed: 1 })
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
