import type { ManifestProblem } from '../domain/views/agent.ts'
import type { Context } from './context.ts'
import { initTRPC, TRPCError } from '@trpc/server'
import { ZodError } from 'zod'
import { CursorError, DatabaseError } from '../store/errors.ts'
import { ManifestFault } from './fault.ts'

/** What rides in `error.data` beside tRPC's `code`, `httpStatus` and `path`. */
export interface ErrorData {
  /** What is wrong with a manifest, by line and key. */
  problems: ManifestProblem[] | null
}

const t = initTRPC.context<Context>().create({
  // Never a stack trace to a client, whatever NODE_ENV says.
  isDev: false,
  // Subscriptions go over the WebSocket, where a slow reader is guarded.
  sse: { enabled: false },
  errorFormatter: ({ shape, error }) => ({
    ...shape,
    message: messageOf(error),
    data: { ...shape.data, problems: error.cause instanceof ManifestFault ? error.cause.problems : null } satisfies ErrorData,
  }),
})

export const router = t.router

/** The first middleware of every procedure: it runs before any input is parsed. */
const signedIn = t.middleware(({ ctx, next }) => {
  if (!ctx.actor)
    throw new TRPCError({ code: 'UNAUTHORIZED', message: 'sign in first: open the link that `npm start` printed, or send the credential of the data folder' })
  return next({ ctx: { actor: ctx.actor } })
})

/** A subscription needs the socket that it can wait for. */
const overSocket = t.middleware(({ ctx, next }) => {
  if (!ctx.connection)
    throw new TRPCError({ code: 'METHOD_NOT_SUPPORTED', message: 'subscriptions need the WebSocket at /trpc' })
  return next({ ctx: { connection: ctx.connection } })
})

/** What the store knows how to say: a database that is full, busy or gone, where another try may go better, and a cursor of nobody's. */
const storeFaults = t.middleware(async ({ next }) => {
  const result = await next()
  if (result.ok)
    return result
  const { cause } = result.error
  if (cause instanceof DatabaseError)
    throw new TRPCError({ code: 'SERVICE_UNAVAILABLE', message: cause.message, cause })
  if (cause instanceof CursorError)
    throw new TRPCError({ code: 'BAD_REQUEST', message: cause.message, cause })
  return result
})

export const procedure = t.procedure.use(signedIn).use(storeFaults)
export const liveProcedure = procedure.use(overSocket)

function messageOf(error: TRPCError): string {
  if (error.cause instanceof ZodError)
    return error.cause.issues.map(issue => issue.path.length ? `${issue.path.join('.')}: ${issue.message}` : issue.message).join('; ')
  // The words of an unforeseen error are for the server's log: they may name paths, statements or values.
  if (error.code === 'INTERNAL_SERVER_ERROR')
    return 'something went wrong in the server; its log says what'
  return error.message
}
