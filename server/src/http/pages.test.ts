import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import express from 'express'
import { expect, it, onTestFinished } from 'vitest'
import { pages } from './pages.ts'

/** The routes alone, on a folder with these files; everybody but `nobody` is signed in. */
async function serve(files: Record<string, string>): Promise<(path: string, headers?: Record<string, string>) => Promise<Response>> {
  const webDir = await mkdtemp(join(tmpdir(), '.agentos-pages-test-')) // below a folder with a dot, as ~/.npm is
  await mkdir(join(webDir, 'assets'))
  for (const [name, text] of Object.entries(files))
    await writeFile(join(webDir, name), text)
  const owner = { organisationId: 'o', organisationName: 'o', userId: 'u', userName: 'u' }
  const app = express().use(pages({
    webDir,
    authenticate: async ({ headers }) => headers.cookie === 'nobody' ? null : { actor: owner, by: { kind: 'credential' } },
  }))
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.close()
    await rm(webDir, { recursive: true })
  })
  const { port } = server.address() as AddressInfo
  return (path, headers = {}) => fetch(`http://127.0.0.1:${port}${path}`, { headers, redirect: 'manual' })
}

const built = { 'index.html': '<!doctype html><title>AgentOS</title>', 'theme.js': '1', 'assets/index-abc.js': '2' }

it('gives the one page for every address of a page, never from a cache', async () => {
  const get = await serve(built)
  for (const path of ['/', '/runs', '/runs/x1?tab=events', '/agents/repo-report']) {
    const response = await get(path)
    expect([response.status, response.headers.get('cache-control')], path).toEqual([200, 'no-store'])
    expect(await response.text()).toBe(built['index.html'])
  }
})

it('lets a browser keep what is named after its content for ever, and asks again for the rest', async () => {
  const get = await serve(built)
  expect((await get('/assets/index-abc.js')).headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect((await get('/theme.js')).headers.get('cache-control')).toBe('no-cache')
})

it('gives the sign-in page and every file to a stranger, and sends them there from every other page', async () => {
  const get = await serve(built)
  for (const path of ['/sign-in', '/sign-in?next=%2Fruns', '/setup?token=x', '/theme.js', '/assets/index-abc.js'])
    expect((await get(path, { cookie: 'nobody' })).status, path).toBe(200)
  for (const [path, to] of [['/', '/sign-in'], ['/runs?status=failed', '/sign-in?next=%2Fruns%3Fstatus%3Dfailed'], ['/index', '/sign-in?next=%2Findex']])
    expect((await get(path!, { cookie: 'nobody' })).headers.get('location')).toBe(to)
})

it('says what to do while the pages are not built', async () => {
  const get = await serve({})
  const response = await get('/')
  expect(response.status).toBe(503)
  expect(await response.text()).toContain('npm start builds them')
})
