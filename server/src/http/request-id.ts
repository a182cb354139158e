import type { RequestHandler } from 'express'
import type { IncomingMessage } from 'node:http'
import type { Logger } from 'pino'
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'

/** What a proxy or a client may call a request; anything else gets a name of ours. */
const GIVEN = /^[\w.:-]{1,64}$/

const contexts = new AsyncLocalStorage<{ requestId: string }>()
const names = new WeakMap<IncomingMessage, string>()

/** What the log says beside a line that a request has caused. */
export function requestContext(): object {
  return { ...contexts.getStore() }
}

/** As `X-Request-Id` says it, within bounds, else a new one; always the same for the same request. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  const id = names.get(request) ?? (typeof given === 'string' && GIVEN.test(given) ? given : randomUUID())
  names.set(request, id)
  return id
}

/** Every answer says which request it answers, and so does every line of the log about it. Paths are logged without their query. */
export function nameRequests(logger: Logger): RequestHandler {
  return (request, response, next) => {
    const requestId = requestIdOf(request)
    const { method, path } = request
    const startedAt = performance.now()
    response.set('x-request-id', requestId)
    response.once('close', () => logger.debug({ requestId, method, path, status: response.statusCode, durationMs: Math.round(performance.now() - startedAt) }, 'a request was answered'))
    contexts.run({ requestId }, next)
  }
}
