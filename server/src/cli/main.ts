#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

// Compiled code is kept beside the runtime: half of the time of a short command goes there. What is imported comes after.
enableCompileCache(fileURLToPath(new URL('../../../.runtime/code-cache', import.meta.url)))
const [{ leaveWithReader }, { createProgram }] = await Promise.all([import('./leave.ts'), import('./program.ts')])

leaveWithReader()
try {
  await createProgram().parseAsync()
}
catch (error) {
  const { reportFailure } = await import('./failure.ts')
  process.exitCode = reportFailure(error)
}
