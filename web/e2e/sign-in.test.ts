import type { Browser, BrowserContext } from 'playwright-core'
import type { TestServer } from './server.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from './browser.ts'
import { startServer } from './server.ts'

let server: TestServer
let browser: Browser

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), launchBrowser()])
})
afterAll(async () => {
  await browser?.close()
  await server?.close()
})

it('shows and tells nothing to who has not signed in', async () => {
  const stranger = await browser.newContext({ baseURL: server.url })
  const page = await stranger.newPage()
  await page.goto('/runs?status=failed')
  await page.getByRole('heading', { name: 'Sign in with a link' }).waitFor()
  expect(new URL(page.url()).searchParams.get('next')).toBe('/runs?status=failed')
  expect(await page.getByRole('navigation').count()).toBe(0)

  const agent = (await server.client.agents.list())[0]!
  for (const path of ['system.overview', 'agents.list', 'runs.list', 'workspaces.list', 'system.me'])
    expect((await stranger.request.get(`/trpc/${path}`)).status(), path).toBe(401)
  for (const path of ['/schema.json', '/metrics', '/api/anything'])
    expect((await stranger.request.get(path)).status(), path).toBe(401)
  const served = await stranger.request.get(`/agents/${agent.name}`, { maxRedirects: 0 })
  expect(served.status()).toBe(302)
  expect(await served.text()).not.toContain(agent.description)
  expect(await socketIsRefused(stranger)).toBe(true)
})

it('signs in by the printed link, and lands on the overview', async () => {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(server.link)
  await page.waitForURL(`${server.url}/`)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.getByRole('complementary', { name: 'Sidebar' }).getByText('Live', { exact: true }).waitFor()
  await page.getByText('Run your first agent').waitFor()
  const [cookie] = await context.cookies()
  expect(cookie).toMatchObject({ name: 'agentos_session', httpOnly: true, sameSite: 'Lax' })

  await page.reload()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
})

it('explains a link that was used before, and says how to get another', async () => {
  const page = await (await browser.newContext()).newPage()
  await page.goto(server.link)
  await page.getByRole('heading', { name: 'This link is no longer good' }).waitFor()
  await page.getByText('npx agentos ui').waitFor()
  await page.goto(server.url)
  await page.getByRole('heading', { name: 'Sign in with a link' }).waitFor()
})

it('leads back to where one wanted to go, and out again', async () => {
  const page = await (await browser.newContext()).newPage()
  const { url } = await server.client.system.signInLink()
  await page.goto(`${url}&next=${encodeURIComponent('/agents')}`)
  await page.waitForURL(`${server.url}/agents`)
  await page.getByRole('link', { name: 'repo-report', exact: true }).waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in with a link' }).waitFor()
  await page.goto(`${server.url}/agents`)
  await page.getByRole('heading', { name: 'Sign in with a link' }).waitFor()
})

async function socketIsRefused(context: BrowserContext): Promise<boolean> {
  const page = await context.newPage()
  await page.goto('/sign-in')
  return page.evaluate(() => new Promise<boolean>((resolve) => {
    const socket = new WebSocket(`ws://${location.host}/trpc`)
    socket.onopen = () => resolve(false)
    socket.onerror = () => resolve(true)
  }))
}
