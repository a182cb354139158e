#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import process from 'node:process'
import { CODE_CACHE_DIR } from '../program-files.ts'

// Compiled code is kept beside the runtime: half of the time of a short command goes there. What is imported comes after.
if (CODE_CACHE_DIR)
  enableCompileCache(CODE_CACHE_DIR)
const [{ leaveWithReader }, { createProgram }] = await Promise.all([import('./leave.ts'), import('./program.ts')])

leaveWithReader()
try {
  await createProgram().parseAsync()
}
catch (error) {
  const { reportFailure } = await import('./failure.ts')
  process.exitCode = reportFailure(error)
}
