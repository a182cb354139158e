import module from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { stopWithParent } from './parent.mjs'
import { projectDir, runtimeDir } from './project.mjs'
import { takeRepeatedSignalsForOne } from './single-signals.mjs'

/** Imports a program's entry as though Node had been started with it. */
export async function runHere(entry, args) {
  const path = join(projectDir, entry)
  // From here on, so that the entry itself is there already stripped and compiled.
  module.enableCompileCache(join(runtimeDir, 'code-cache'))
  takeRepeatedSignalsForOne()
  stopWithParent(() => process.kill(process.pid, 'SIGTERM'))
  process.argv.splice(1, process.argv.length, path, ...args)
  await import(pathToFileURL(path).href)
}
