/**
 * @typedef {import('./test-report.mjs').TestReport} TestReport
 * @typedef {{ report: TestReport | null, exitCode: number | null, passedAgain?: string[] }} Outcome of one run of vitest; exitCode null: it was killed
 */

/** A change that breaks more than this is no matter of chance. */
const MAX_FILES_TO_REPEAT = 5

/**
 * @param {{ name: string, passed: number, failed: number, skipped: number, passedAgain?: string[], durationMs: number }[]} results
 */
export function table(results) {
  const width = Math.max(...results.map(result => result.name.length))
  const rows = results.map(({ name, passed, failed, skipped, durationMs }) => [
    failed > 0 ? '✘' : '✔',
    name.padEnd(width),
    String(passed).padStart(6),
    'passed',
    String(failed).padStart(5),
    'failed',
    skipped > 0 ? `${String(skipped).padStart(4)} skipped` : '            ',
    `${(durationMs / 1000).toFixed(1)} s`.padStart(9),
  ].join(' '))
  const passedAgain = results.flatMap(result => result.passedAgain ?? [])
  return [...rows, ...passedAgain.map(test => `! failed, and passed when run again by itself: ${test}`)].join('\n')
}

/** The line that whoever reads the end of the output looks for. */
export function closingLine(results) {
  const sum = key => results.reduce((total, result) => total + result[key], 0)
  return `${sum('passed')} passed, ${sum('failed')} failed`
}

/**
 * What one run of vitest counts for: a file that did not load, an error outside a test or a report that is missing must not look like success.
 * @param {Outcome} outcome
 */
export function countTests({ report, exitCode, passedAgain = [] }) {
  const sum = count => (report?.files ?? []).reduce((total, file) => total + count(file), 0)
  const passed = sum(file => file.passed)
  const failed = sum(file => file.isFailed ? Math.max(1, file.failed.length) : 0)
  const isGood = report !== null && report.errorsOutside === 0 && exitCode === 0 && passed > 0
  return { passed, failed: failed === 0 && !isGood ? 1 : failed, skipped: sum(file => file.skipped), passedAgain }
}

/** The paths of the files that are worth another run: where tests that failed are all that went wrong. @param {Outcome} outcome */
export function filesToRepeat({ report, exitCode }) {
  const failed = (report?.files ?? []).filter(file => file.isFailed)
  return report?.errorsOutside === 0 && exitCode === 1 && failed.length <= MAX_FILES_TO_REPEAT ? failed.map(file => file.path) : []
}

/**
 * The first run with what was run again in its place. What was not reached the second time has failed as it did.
 * @param {Outcome} first
 * @param {Outcome} again
 * @returns {Outcome} how both went together
 */
export function withRepeated(first, again) {
  const repeated = new Map((again.report?.files ?? []).map(file => [file.path, file]))
  const files = first.report.files.map(file => file.isFailed ? repeated.get(file.path) ?? file : file)
  const passedAgain = first.report.files.filter(file => file.isFailed).flatMap(({ path, failed }) => {
    const then = repeated.get(path)
    if (!then || (then.isFailed && then.failed.length === 0))
      return []
    return failed.length > 0 ? failed.filter(test => !then.failed.includes(test)) : [path]
  })
  return { report: { errorsOutside: again.report?.errorsOutside ?? 1, files }, exitCode: again.exitCode, passedAgain }
}
