import type { RequestHandler } from 'express'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import type { Authenticate } from '../auth/authenticate.ts'
import type { Sessions } from '../auth/sessions.ts'
import type { SignInTokens } from '../auth/sign-in-tokens.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { RouterServices } from '../router/context.ts'
import type { ArtifactSource } from './artifact-route.ts'
import type { Health } from './health-routes.ts'
import type { Sockets } from './upgrade.ts'
import type { UploadTarget } from './upload-route.ts'
import type { WorkspaceSource } from './workspace-routes.ts'
import { createServer } from 'node:http'
import express from 'express'
import { createAttempts } from '../auth/attempts.ts'
import { artifactRoute } from './artifact-route.ts'
import { createErrorHandler, sendError } from './errors.ts'
import { limitBody, refuseForeignOrigin, requireOurHost, requireSignedIn } from './guard.ts'
import { securityHeaders } from './headers.ts'
import { healthRoutes } from './health-routes.ts'
import { listen } from './listen.ts'
import { metricsRoute } from './metrics-route.ts'
import { createOriginRules } from './origin.ts'
import { pages } from './pages.ts'
import { nameRequests } from './request-id.ts'
import { sessionRoutes } from './session-routes.ts'
import { trpcRoute } from './trpc-route.ts'
import { createSockets } from './upgrade.ts'
import { uploadRoute } from './upload-route.ts'
import { fileRoute, imageRoute, workspaceRoute } from './workspace-routes.ts'

const DRAIN_MS = 3_000

export interface HttpOptions {
  host: string
  port: number
  publicUrl: string | null
  /** Addresses and networks of the proxies whose X-Forwarded-For is believed. */
  trustedProxies: string[]
  webDir: string
  ownerId: string
  services: RouterServices
  authenticate: Authenticate
  sessions: Sessions
  tokens: SignInTokens
  artifacts: ArtifactSource
  files: WorkspaceSource
  uploads: UploadTarget
  health: Health
  /** Resolves when calls can be served; until then they wait. */
  started: Promise<void>
  metrics: Metrics
  metricsSecrets: string[]
  manifestSchema: () => object
  logger: Logger
}

export interface HttpServer {
  /** @throws {ListenError} when the port cannot be had */
  start: () => Promise<{ port: number }>
  /** Takes nothing new, tells sockets to come back elsewhere, waits a little for the rest, and cuts it. */
  stop: () => Promise<void>
  sockets: Pick<Sockets, 'count' | 'waitingBytes'>
}

export function createHttpServer(o: HttpOptions): HttpServer {
  const rules = createOriginRules(o)
  const signedIn = requireSignedIn(o.authenticate, rules)
  const sockets = createSockets({ services: o.services, authenticate: o.authenticate, started: o.started, rules, logger: o.logger })

  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  // Whoever is not such a proxy may not say who they are.
  app.set('trust proxy', [...o.trustedProxies])
  app.use(nameRequests(o.logger))
  app.use(healthRoutes(o.health))
  app.get('/metrics', metricsRoute(o.metrics, o.metricsSecrets))
  app.use(requireOurHost(rules), securityHeaders(o), refuseForeignOrigin(rules))
  app.post('/api/uploads', signedIn, waitUntil(o.started), uploadRoute(o.uploads))
  app.use(limitBody)
  app.use('/api/session', sessionRoutes({ ...o, rules, attempts: createAttempts(), closeSockets: sockets.closeOf }))
  app.use('/trpc', signedIn, waitUntil(o.started), trpcRoute(o.services, o.logger))
  app.get('/schema.json', signedIn, (_request, response) => void response.json(o.manifestSchema()))
  app.get('/artifacts/:runId/workspace.tar.gz', signedIn, waitUntil(o.started), workspaceRoute(o.files))
  app.get('/artifacts/:runId/workspace/file', signedIn, waitUntil(o.started), fileRoute(o.files))
  app.get('/artifacts/:runId/workspace/image', signedIn, waitUntil(o.started), imageRoute(o.files))
  app.get('/artifacts/:runId/:name', signedIn, waitUntil(o.started), artifactRoute(o.artifacts))
  app.use(['/api', '/artifacts'], signedIn, (request, response) => sendError(response, 'NOT_FOUND', `there is nothing at ${request.baseUrl}${request.path}`))
  app.use(pages(o))
  app.use(createErrorHandler(o.logger))

  const server = createServer(app)
  server.on('upgrade', sockets.upgrade)

  return {
    async start() {
      await listen(server, o)
      return { port: (server.address() as AddressInfo).port } // it listens on TCP
    },

    async stop() {
      if (!server.listening)
        return
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      await sockets.stop()
      server.closeIdleConnections()
      const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
      await closed
      clearTimeout(cut)
    },

    sockets,
  }
}

function waitUntil(started: Promise<void>): RequestHandler {
  return (_request, _response, next) => void started.then(() => next(), next)
}
