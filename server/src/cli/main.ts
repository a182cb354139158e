#!/usr/bin/env node
import { EXIT_CODE_INTERRUPTED } from '../domain/run.ts'
import { reportFailure } from './failure.ts'
import { createProgram } from './program.ts'

// A reader that went away (`agentos ps | head -1`) is no failure.
process.stdout.on('error', error => process.exit((error as NodeJS.ErrnoException).code === 'EPIPE' ? 0 : 1))

try {
  await createProgram().parseAsync()
}
catch (error) {
  process.exitCode = reportFailure(error)
}
// Ctrl-C while nothing of ours listened for it.
process.on('SIGINT', () => process.exit(EXIT_CODE_INTERRUPTED))
