import type { RequestHandler } from 'express'
import type { Metrics } from '../metrics/metrics.ts'
import { bearerOf } from '../auth/authenticate.ts'
import { isSameSecret } from '../auth/compare.ts'
import { sendError } from './errors.ts'

/** For a scraper with the metrics token, and for the command line with the data folder's credential. */
export function metricsRoute(metrics: Metrics, secrets: string[]): RequestHandler {
  return async (request, response) => {
    const bearer = bearerOf(request.headers.authorization)
    if (bearer === null || !secrets.map(secret => isSameSecret(bearer, secret)).includes(true)) {
      response.set('www-authenticate', 'Bearer')
      return sendError(response, 'UNAUTHORIZED', 'send the metrics token: Authorization: Bearer AGENTOS_METRICS_TOKEN (or the file metrics.token of the data folder)')
    }
    const { contentType, text } = await metrics.scrape()
    response.set('cache-control', 'no-store').type(contentType).send(text)
  }
}
