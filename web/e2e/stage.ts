import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Cable } from './cable.ts'
import type { TestServer } from './server.ts'
import { launchBrowser, WIDE } from './browser.ts'
import { watchFaults } from './faults.ts'
import { startServer } from './server.ts'

export interface Stage {
  server: TestServer
  browser: Browser
  /** What went wrong on any page so far; see watchFaults. */
  faults: string[]
  /** A page of somebody who has signed in, at `path`. */
  open: (path: string, options?: BrowserContextOptions) => Promise<Page>
  /** kill -9: it has no time to put anything in order. */
  killServer: () => Promise<void>
  /** On the same port and data. */
  startAgain: () => Promise<void>
  close: () => Promise<void>
}

/** A server of its own, a browser, and somebody who has signed in; the browser at the other end of the `cable` when there is one. */
export async function setStage({ cable, ...rest }: { cable?: Cable, roots?: string[], env?: Record<string, string> } = {}): Promise<Stage> {
  const options = { ...rest, ...(cable && { publicUrl: cable.url }) }
  const [first, browser] = await Promise.all([startServer(options), launchBrowser()])
  let server = first
  cable?.plugInto(server.port)
  const origin = cable?.url ?? server.url
  const faults: string[] = []
  const storageState = await signIn(browser, server.link, origin)

  return {
    get server() {
      return server
    },
    browser,
    faults,
    async open(path, context = {}) {
      const made = await browser.newContext({ ...WIDE, ...context, baseURL: origin, storageState, permissions: ['clipboard-read', 'clipboard-write'] })
      made.setDefaultTimeout(PATIENCE_MS)
      watchFaults(made, origin, faults)
      const page = await made.newPage()
      await page.goto(path)
      return page
    },
    killServer: () => server.kill('SIGKILL'),
    async startAgain() {
      const { port, dataDir } = server
      await server.client.close()
      server = await startServer({ ...options, port, dataDir })
    },
    close: async () => {
      await browser.close()
      await server.close()
    },
  }
}

/** A small machine that does much else must not look like a fault. */
export const PATIENCE_MS = 45_000

async function signIn(browser: Browser, link: string, origin: string): ReturnType<Awaited<ReturnType<Browser['newContext']>>['storageState']> {
  const context = await browser.newContext()
  const answer = await context.request.post(`${origin}/api/session`, { data: { token: new URL(link).searchParams.get('token') }, headers: { origin } })
  if (!answer.ok())
    throw new Error(`the sign-in link was refused with ${answer.status()}`)
  const state = await context.storageState()
  await context.close()
  return state
}
