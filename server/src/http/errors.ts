import type { TRPC_ERROR_CODE_KEY } from '@trpc/server/rpc'
import type { ErrorRequestHandler, Response } from 'express'
import type { Logger } from 'pino'
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'

const STATUS = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  PAYLOAD_TOO_LARGE: 413,
  TOO_MANY_REQUESTS: 429,
  INTERNAL_SERVER_ERROR: 500,
  SERVICE_UNAVAILABLE: 503,
} as const satisfies Partial<Record<TRPC_ERROR_CODE_KEY, number>>

export type ErrorCode = keyof typeof STATUS

export interface ErrorBody {
  error: { message: string, code: number, data: { code: ErrorCode, httpStatus: number } }
}

export const statusOf = (code: ErrorCode): number => STATUS[code]

/** One shape for every error that is not a page, and it is tRPC's, so that a typed client understands a refusal too. */
export function errorBody(code: ErrorCode, message: string): ErrorBody {
  return { error: { message, code: TRPC_ERROR_CODES_BY_KEY[code], data: { code, httpStatus: STATUS[code] } } }
}

export function sendError(response: Response, code: ErrorCode, message: string): void {
  response.status(STATUS[code]).set('cache-control', 'no-store').json(errorBody(code, message))
}

/** The last middleware: what nobody foresaw goes to the log, and a plain sentence to the client. */
export function createErrorHandler(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent)
      return next(error)
    const { type, status } = (error ?? {}) as { type?: string, status?: number }
    if (type === 'entity.too.large')
      return sendError(response, 'PAYLOAD_TOO_LARGE', 'the body is too large')
    if (type === 'entity.parse.failed')
      return sendError(response, 'BAD_REQUEST', 'the body is not valid JSON')
    if (status !== undefined && status >= 400 && status < 500)
      return sendError(response, 'BAD_REQUEST', 'the request cannot be read')
    logger.error({ err: error, method: request.method, path: request.path }, 'a request failed')
    sendError(response, 'INTERNAL_SERVER_ERROR', 'something went wrong in the server; its log says what')
  }
}
