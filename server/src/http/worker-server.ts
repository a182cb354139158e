import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import type { Metrics } from '../metrics/metrics.ts'
import type { Health } from './health-routes.ts'
import { createServer } from 'node:http'
import express from 'express'
import { createErrorHandler, sendError } from './errors.ts'
import { healthRoutes } from './health-routes.ts'
import { listen } from './listen.ts'
import { metricsRoute } from './metrics-route.ts'
import { nameRequests } from './request-id.ts'

export interface WorkerHttpOptions {
  host: string
  port: number
  health: Health
  metrics: Metrics
  metricsSecrets: string[]
  logger: Logger
}

/** The door of a worker that is no server: for who watches over it. */
export function createWorkerHttp(o: WorkerHttpOptions): { start: () => Promise<{ port: number }>, stop: () => Promise<void> } {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.use(nameRequests(o.logger))
  app.use(healthRoutes(o.health))
  app.get('/metrics', metricsRoute(o.metrics, o.metricsSecrets))
  app.use((_request, response) => sendError(response, 'NOT_FOUND', 'this is a worker: it has /live, /ready, /health and /metrics; the page and the API are at a server'))
  app.use(createErrorHandler(o.logger))
  const server = createServer(app)

  return {
    async start() {
      await listen(server, o)
      return { port: (server.address() as AddressInfo).port } // it listens on TCP
    },
    async stop() {
      if (!server.listening)
        return
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
