import type { TRPCError } from '@trpc/server'
import type { RequestHandler } from 'express'
import type { Logger } from 'pino'
import type { RouterServices } from '../router/context.ts'
import { createExpressMiddleware } from '@trpc/server/adapters/express'
import { appRouter } from '../router/router.ts'
import { BODY_BYTES, signedInOf } from './guard.ts'

/** Calls in one request or message. */
export const BATCH_CALLS = 100

/** A database that is restarted is mostly back by then. */
const RETRY_AFTER_S = '2'

export function trpcRoute(services: RouterServices, logger: Logger): RequestHandler {
  return createExpressMiddleware({
    router: appRouter,
    maxBatchSize: BATCH_CALLS,
    maxBodySize: BODY_BYTES,
    createContext: ({ res }) => ({ ...services, actor: signedInOf(res).actor, connection: null }),
    responseMeta: ({ errors }) => errors.some(({ code }) => code === 'SERVICE_UNAVAILABLE') ? { headers: { 'retry-after': RETRY_AFTER_S } } : {},
    onError: logTrpcError(logger),
  })
}

/** A refusal is an answer; only what nobody foresaw is worth a line in the log. */
export function logTrpcError(logger: Logger): (failure: { error: TRPCError, path: string | undefined }) => void {
  return ({ error, path }) => {
    if (error.code === 'INTERNAL_SERVER_ERROR')
      logger.error({ err: error.cause ?? error, path }, 'a procedure failed')
  }
}
