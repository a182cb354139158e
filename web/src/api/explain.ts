import type { ManifestProblem } from '@agentos/server/domain/views/agent'
import { TRPCClientError } from '@trpc/client'

/** What went wrong, in a sentence for a person. */
export function explain(error: unknown): string {
  if (error instanceof TRPCClientError) {
    if (error.data)
      return error.message
    return 'The server does not answer. Is it still running?'
  }
  return error instanceof Error ? error.message : String(error)
}

export function isSignedOut(error: unknown): boolean {
  return codeOf(error) === 'UNAUTHORIZED'
}

export function isNotFound(error: unknown): boolean {
  return codeOf(error) === 'NOT_FOUND'
}

/** The manifest's problems that ride in the error, if there are any. */
export function problemsOf(error: unknown): ManifestProblem[] {
  const problems = dataOf(error)?.problems
  return Array.isArray(problems) ? problems as ManifestProblem[] : [] // the router writes them, typed there
}

function codeOf(error: unknown): unknown {
  return dataOf(error)?.code
}

function dataOf(error: unknown): Record<string, unknown> | null {
  if (!(error instanceof TRPCClientError))
    return null
  const data: unknown = error.data
  return typeof data === 'object' && data !== null ? data as Record<string, unknown> : null // its keys are checked where they are read
}
