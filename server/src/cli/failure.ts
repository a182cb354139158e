import process from 'node:process'
import { AgentOSError } from '@agentos/client'
import pc from 'picocolors'

/** A failure that the person can mend: what was expected, what came, what to do next. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: number

  constructor(message: string, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/** Prints a failure for a person on standard error and answers with the exit code. */
export function reportFailure(error: unknown): number {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`${pc.red('error')} ${message}\n`)
  if (error instanceof AgentOSError) {
    for (const problem of error.problems)
      process.stderr.write(`${formatProblem(problem)}\n`)
  }
  if (process.env.AGENTOS_VERBOSE && error instanceof Error)
    process.stderr.write(`${pc.dim(error.stack ?? '')}\n`)
  return error instanceof CommandError ? error.exitCode : 1
}

function formatProblem(problem: AgentOSError['problems'][number]): string {
  const place = `${problem.file}:${problem.line}:${problem.column}`
  const hint = problem.hint ? `\n    ${problem.hint}` : ''
  return `  ${pc.bold(place)} ${problem.key}\n    expected ${problem.expected}\n    received ${problem.received}${hint}`
}
