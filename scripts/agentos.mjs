import process from 'node:process'
import { isInstalled } from './project.mjs'
import { runHere } from './run-here.mjs'

/** The command line. A checkout prepares what it needs, which is told on standard error; the package that is installed has it all. */
export async function main({ args }) {
  if (!isInstalled) {
    const { prepare } = await import('./prepare.mjs')
    await prepare(['packages', 'database', 'program', ...needsPages(args) ? ['web'] : []])
    process.exitCode = undefined
  }
  await runHere('server/dist/agentos.js', args)
}

function needsPages(args) {
  return args.some(arg => ['serve', 'ui', 'up'].includes(arg))
}
