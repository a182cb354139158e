import module from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { stopWithParent } from './parent.mjs'
import { prepare } from './prepare.mjs'
import { projectDir, runtimeDir } from './project.mjs'
import { takeRepeatedSignalsForOne } from './single-signals.mjs'

/** The server in this very process: no second one to start, and signals and exit code are its own. */
export async function main({ args }) {
  await prepare()
  await runHere('server/src/main.ts', args)
}

/** Imports a program's entry as though Node had been started with it. */
export async function runHere(entry, args) {
  const path = join(projectDir, entry)
  // From here on, so that the entry's own TypeScript is there already stripped and compiled.
  module.enableCompileCache(join(runtimeDir, 'code-cache'))
  takeRepeatedSignalsForOne()
  stopWithParent(() => process.kill(process.pid, 'SIGTERM'))
  process.argv.splice(1, process.argv.length, path, ...args)
  await import(pathToFileURL(path).href)
}
