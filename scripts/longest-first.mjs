import { BaseSequencer } from 'vitest/node'

/** Files that wait for minutes: where one of them comes last, it runs alone. */
const LONGEST = [/\/(?:faults-short|pages)\.test\.ts$/, /\/(?:cluster|backup)-[\w-]+\.test\.ts$/, /\/(?:cli|server)-[\w-]+\.test\.ts$/, /\/pack\.test\.mjs$/]

/** The order in which vitest runs the files. */
export class LongestFirst extends BaseSequencer {
  /** @param {import('vitest/node').TestSpecification[]} files */
  async sort(files) {
    const rank = ({ moduleId }) => (LONGEST.findIndex(pattern => pattern.test(moduleId)) + LONGEST.length + 1) % (LONGEST.length + 1)
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other))
  }
}
