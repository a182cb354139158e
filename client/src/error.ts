import { TRPCClientError } from '@trpc/client'

export interface ManifestProblem {
  file: string
  line: number
  column: number
  key: string
  expected: string
  received: string
  hint: string | null
}

/** Every failure of the client: `message` is for people, `code` for programs. */
export class AgentOSError extends Error {
  override readonly name = 'AgentOSError'
  readonly code: string
  /** What is wrong with a manifest, when that was the reason. */
  readonly problems: ManifestProblem[]

  constructor(message: string, code: string, problems: ManifestProblem[] = [], options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.problems = problems
  }
}

export function toAgentOSError(error: unknown, url: string): AgentOSError {
  if (error instanceof AgentOSError)
    return error
  if (error instanceof TRPCClientError) {
    const data = error.data as { code?: string, problems?: ManifestProblem[] } | null | undefined
    if (data?.code)
      return new AgentOSError(error.message, data.code, data.problems ?? [], { cause: error })
    return new AgentOSError(`no AgentOS server answers at ${url}: ${rootMessage(error)}`, 'UNREACHABLE', [], { cause: error })
  }
  return new AgentOSError(error instanceof Error ? error.message : String(error), 'INTERNAL_CLIENT_ERROR', [], { cause: error })
}

/** Codes with which another try may go better. */
const PASSING = new Set(['UNREACHABLE', 'INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE', 'BAD_GATEWAY', 'GATEWAY_TIMEOUT', 'TIMEOUT', 'TOO_MANY_REQUESTS'])

export function isPassing({ code }: AgentOSError): boolean {
  return PASSING.has(code)
}

function rootMessage(error: Error): string {
  let root: Error = error
  while (root.cause instanceof Error)
    root = root.cause
  // Node joins the tries of several addresses in an AggregateError with an empty message.
  return root.message || (root as NodeJS.ErrnoException).code || 'connection refused'
}
