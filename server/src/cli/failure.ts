import process from 'node:process'
import { AgentOSError } from '@agentos/client'
import { pc } from './print/colour.ts'
import { isVerbose } from './verbose.ts'

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
  if (error instanceof AgentOSError && error.problems.length > 0)
    process.stderr.write(`${pc.red('error')} the manifest is not right:\n${error.problems.map(formatProblem).join('')}`)
  else
    process.stderr.write(`${pc.red('error')} ${message}${whatToDo(error)}\n`)
  if (isVerbose() && error instanceof Error)
    process.stderr.write(`${pc.dim(error.stack ?? '')}\n`)
  return exitCodeOf(error)
}

function whatToDo(error: unknown): string {
  const code = error instanceof AgentOSError ? error.code : null
  if (code === 'UNAUTHORIZED' && process.env.AGENTOS_URL)
    return `\n  ${process.env.AGENTOS_URL} does not know the key in AGENTOS_API_KEY`
  if (code === 'UNREACHABLE' && process.env.AGENTOS_URL)
    return '\n  check AGENTOS_URL, or unset it to use the server of this machine'
  if (code === 'INTERNAL_SERVER_ERROR' && !isVerbose())
    return '\n  if this command was the server itself, --verbose shows its log'
  return ''
}

/** 126: not permitted. 127: not found. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommandError)
    return error.exitCode
  const code = error instanceof AgentOSError ? error.code : null
  return code === 'NOT_FOUND' ? 127 : code === 'UNAUTHORIZED' || code === 'FORBIDDEN' ? 126 : 1
}

function formatProblem(problem: AgentOSError['problems'][number]): string {
  const place = `${problem.file}:${problem.line}:${problem.column}`
  const hint = problem.hint ? `    ${problem.hint}\n` : ''
  return `  ${pc.bold(place)} ${problem.key}\n    expected ${problem.expected}\n    received ${problem.received}\n${hint}`
}
