/**
 * @param {{ name: string, passed: number, failed: number, skipped: number, durationMs: number }[]} results
 */
export function table(results) {
  const width = Math.max(...results.map(result => result.name.length))
  return results.map(({ name, passed, failed, skipped, durationMs }) => [
    failed > 0 ? '✘' : '✔',
    name.padEnd(width),
    String(passed).padStart(6),
    'passed',
    String(failed).padStart(5),
    'failed',
    skipped > 0 ? `${String(skipped).padStart(4)} skipped` : '            ',
    `${(durationMs / 1000).toFixed(1)} s`.padStart(9),
  ].join(' ')).join('\n')
}

/** The line that whoever reads the end of the output looks for. */
export function closingLine(results) {
  const sum = key => results.reduce((total, result) => total + result[key], 0)
  return `${sum('passed')} passed, ${sum('failed')} failed`
}

/**
 * What one run of vitest counts for. Its report counts tests only: a file that did not load, an error outside a test or a
 * report that is missing must not look like success.
 * @param {{
 *   numPassedTests: number, numFailedTests: number, numPendingTests?: number, numTodoTests?: number,
 *   testResults?: { status: string, assertionResults: { status: string }[] }[],
 * } | null} report
 * @param {number | null} exitCode
 */
export function countTests(report, exitCode) {
  const passed = report?.numPassedTests ?? 0
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0)
  const failed = (report?.numFailedTests ?? 0) + (report?.testResults ?? []).filter(isBroken).length
  const isGood = report !== null && exitCode === 0 && passed > 0
  return { passed, failed: failed === 0 && !isGood ? 1 : failed, skipped }
}

/** A file that failed although no test in it did: it could not be loaded, or what it prepares did not work. */
function isBroken(file) {
  return file.status === 'failed' && file.assertionResults.every(test => test.status !== 'failed')
}
