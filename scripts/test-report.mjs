import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import process from 'node:process'

/**
 * A reporter for vitest: what `npm test` counts, written to the file that AGENTOS_TEST_REPORT names.
 * @typedef {{ path: string, isFailed: boolean, passed: number, skipped: number, failed: string[] }} FileReport
 * @typedef {{ errorsOutside: number, files: FileReport[] }} TestReport
 */
// eslint-disable-next-line import/no-default-export -- vitest asks for it
export default class {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly unknown[]} errorsOutside those of no test and no file
   */
  onTestRunEnd(modules, errorsOutside) {
    const path = process.env.AGENTOS_TEST_REPORT
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, JSON.stringify({ errorsOutside: errorsOutside.length, files: modules.map(fileReport) }))
  }
}

/** @returns {FileReport} A file that broke off before its end has failed, whatever its tests say. */
function fileReport(module) {
  const tests = [...module.children.allTests()]
  const inState = state => tests.filter(test => test.result().state === state)
  return {
    path: module.moduleId,
    isFailed: !['passed', 'skipped'].includes(module.state()),
    passed: inState('passed').length,
    skipped: inState('skipped').length,
    failed: inState('failed').map(test => test.fullName),
  }
}
