import type { RequestHandler, Router } from 'express'
import type { Authenticate } from '../auth/authenticate.ts'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import express from 'express'
import { sendError } from './errors.ts'

/** Pages that a browser may open before it has signed in. */
const OPEN_PAGES = ['/setup', '/sign-in']

/** The built single-page app: its files are open, for the sign-in page needs them; its pages ask who is there. */
export function pages({ webDir, authenticate }: { webDir: string, authenticate: Authenticate }): Router {
  const index = join(webDir, 'index.html')
  const routes = express.Router()

  // Their names change with their content.
  routes.use('/assets', express.static(join(webDir, 'assets'), { index: false, immutable: true, maxAge: '1y', redirect: false }))
  routes.use(express.static(webDir, { index: false, redirect: false, setHeaders: response => response.setHeader('cache-control', 'no-cache') }))
  routes.get('/{*page}', isPage, signInFirst, (_request, response) => {
    response.set('cache-control', 'no-store')
    if (existsSync(index))
      return response.sendFile('index.html', { root: webDir }) // with a root: the package may lie below a folder such as ~/.npm, and a dot in a path is refused
    response.status(503).type('text/plain').send('The pages are not built yet. What to do: npm start builds them; or open this address again when it has.\n')
  })
  routes.use((request, response) => sendError(response, 'NOT_FOUND', `there is nothing at ${request.path}`))
  return routes

  async function signInFirst(...[request, response, next]: Parameters<RequestHandler>): Promise<void> {
    if (OPEN_PAGES.includes(request.path) || await authenticate(request))
      return next()
    response.set('cache-control', 'no-store')
    const wanted = request.originalUrl
    response.redirect(302, wanted === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(wanted)}`)
  }
}

/** A name with a dot is a file, and one that was not found is not a page. */
const isPage: RequestHandler = (request, _response, next) =>
  next(request.path.includes('.') || request.path.startsWith('/assets/') ? 'router' : undefined)
