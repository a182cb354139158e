import type { Router } from 'express'
import express from 'express'

/** What the health routes ask. None of it may take long or throw. */
export interface Health {
  /** Whether the database answers. */
  isDatabaseUp: () => Promise<boolean>
  /** Whether start-up is over and no stop has begun. */
  isServing: () => boolean
  /** Whether schedules are acted on. */
  isScheduling: () => boolean
  /** Agents that are known. */
  countAgents: () => number
}

/** Open to everybody: they say whether it works, and nothing of what it does. */
export function healthRoutes(health: Health): Router {
  const routes = express.Router()
  routes.use((_request, response, next) => {
    response.set('cache-control', 'no-store')
    next()
  })

  /** The process answers; restart it when it does not. */
  routes.get('/live', (_request, response) => {
    response.json({ status: 'live' })
  })

  /** Work may be sent here. */
  routes.get('/ready', async (_request, response) => {
    const database = await health.isDatabaseUp() ? 'connected' : 'disconnected'
    const isReady = health.isServing() && database === 'connected'
    response.status(isReady ? 200 : 503).json({ status: isReady ? 'ready' : 'not_ready', database })
  })

  /** The prototype's body. */
  routes.get('/health', async (_request, response) => {
    const isUp = await health.isDatabaseUp()
    response.status(isUp ? 200 : 503).json({
      status: isUp ? 'healthy' : 'unhealthy',
      timestamp: new Date().toISOString(),
      database: isUp ? 'connected' : 'disconnected',
      scheduler: isUp && health.isScheduling() ? 'running' : 'stopped',
      agents_count: health.countAgents(),
    })
  })

  return routes
}
