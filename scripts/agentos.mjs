import process from 'node:process'
import { prepare } from './prepare.mjs'
import { runHere } from './start.mjs'

/** The command line; what it has to prepare is told on standard error. */
export async function main({ args }) {
  await prepare(needsPages(args) ? ['packages', 'database', 'web'] : ['packages', 'database'])
  process.exitCode = undefined
  await runHere('server/src/cli/main.ts', args)
}

function needsPages(args) {
  return args.some(arg => ['serve', 'ui', 'up'].includes(arg))
}
