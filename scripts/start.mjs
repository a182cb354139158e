import { prepare } from './prepare.mjs'
import { runHere } from './run-here.mjs'

/** The server in this very process: no second one to start, and signals and exit code are its own. */
export async function main({ args }) {
  await prepare()
  await runHere('server/dist/agentos.js', ['serve', ...args])
}
