import type { ManifestProblem } from '../domain/views/agent.ts'
import { TRPCError } from '@trpc/server'

/** A manifest that cannot be read; the problems reach the client in `error.data.problems`. */
export class ManifestFault extends Error {
  readonly problems: ManifestProblem[]

  constructor(problems: ManifestProblem[]) {
    super(problems.map(p => `${p.file}:${p.line} ${p.key}: expected ${p.expected}, got ${p.received}`).join('\n'))
    this.problems = problems
  }
}

export function manifestFault(problems: ManifestProblem[]): TRPCError {
  const fault = new ManifestFault(problems)
  return new TRPCError({ code: 'BAD_REQUEST', message: fault.message, cause: fault })
}

/** The server understood and will not: the sentence says why and what to do. */
export function refused(why: string): TRPCError {
  return new TRPCError({ code: 'PRECONDITION_FAILED', message: why })
}

export function badRequest(message: string): TRPCError {
  return new TRPCError({ code: 'BAD_REQUEST', message })
}

/** A word that is the beginning of several names. */
export function ambiguous(noun: 'agent' | 'approval' | 'run' | 'schedule', word: string, candidates: string[]): TRPCError {
  return badRequest(`${JSON.stringify(word)} may mean more than one ${noun}: ${listed(candidates)}`)
}

export function notFound(noun: 'agent' | 'approval' | 'budget' | 'rule' | 'run' | 'schedule' | 'secret', word: string, there: string[]): TRPCError {
  const hint = there.length > 0 ? `; there is ${listed(there)}` : ''
  return new TRPCError({ code: 'NOT_FOUND', message: `no ${noun} is called ${JSON.stringify(word)}${hint}` })
}

function listed(words: string[]): string {
  const shown = words.slice(0, 8).join(', ')
  return words.length > 8 ? `${shown} and ${words.length - 8} more` : shown
}
