import type { TestServer } from './server-harness.ts'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { sha256Of } from './executor-harness.ts'
import { peakBytes, startServerProcess } from './process-harness.ts'
import { connect, openServer, script, signIn, temporaryFolder } from './server-harness.ts'

const MiB = 1024 * 1024

let server: TestServer
beforeAll(async () => {
  server = await openServer()
})
afterAll(() => server.stop())

/** Runs a script to its end; what it left. */
async function ended(run: string, at: Pick<TestServer, 'url' | 'credential'> = server, more = '') {
  const client = connect(at)
  const { id } = await client.runs.submit.mutate({ manifest: script(run, more) })
  await new Promise<void>((resolve, reject) => {
    const following = client.events.follow.subscribe({ runId: id }, { onComplete: () => resolve(), onError: reject })
    onTestFinished(() => following.unsubscribe())
  })
  const asked = { run: id }
  const [view, events] = await Promise.all([client.runs.get.query(asked), client.events.list.query({ runId: id })])
  return { id, view, events, artifacts: await client.runs.artifacts.query(asked), client }
}

const get = (path: string, headers: Record<string, string> = { authorization: `Bearer ${server.credential}` }) => fetch(server.url + path, { headers })

describe('what a log cannot carry', () => {
  it('is in an artifact, byte for byte, which the log names and anybody who is signed in may download', async () => {
    const bytes = Buffer.concat([Buffer.from([0xFF, 0x00]), Buffer.from('<script>alert(1)</script>')])
    const { id, view, events, artifacts } = await ended(`printf '\\377\\0<script>alert(1)</script>'`)
    expect(view.status).toBe('succeeded')
    const [artifact] = artifacts
    expect(artifact).toMatchObject({ name: 'step-1.log', step: 1, sha256: sha256Of(bytes), sizeBytes: bytes.length, isWhole: true, path: `/artifacts/${id}/step-1.log` })
    expect(events.find(event => event.type === 'artifact.saved')?.data).toEqual({ name: 'step-1.log', step: 1, mediaType: 'application/octet-stream', sha256: sha256Of(bytes), sizeBytes: bytes.length, isWhole: true })
    expect(events.at(-1)?.type).toBe('run.ended')

    const response = await get(artifact!.path)
    expect(response.status).toBe(200)
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true)
    expect(Object.fromEntries(['content-type', 'content-disposition', 'x-content-type-options', 'content-security-policy', 'cache-control', 'etag'].map(name => [name, response.headers.get(name)]))).toEqual({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment; filename=step-1.log',
      'x-content-type-options': 'nosniff',
      'content-security-policy': 'default-src \'none\'; sandbox',
      'cache-control': 'private, no-cache',
      'etag': `"${sha256Of(bytes)}"`,
    })
    const cookie = await signIn({ url: server.url, setupLink: (await connect(server).system.signInLink.mutate()).url })
    expect((await get(artifact!.path, { cookie })).status).toBe(200)
    expect(await (await get(artifact!.path, { cookie, range: 'bytes=2-8' })).text()).toBe('<script')
  })

  it('is nothing when the log has it all', async () => {
    const { artifacts, events } = await ended('echo "plain: ä 日本語 \u{1F600}"; echo err >&2')
    expect(artifacts).toEqual([])
    expect(events.some(event => event.type.startsWith('artifact.'))).toBe(false)
  })

  it('is refused to who is not signed in, and is nowhere else', async () => {
    const { id, artifacts } = await ended(`printf '\\376'`)
    expect((await get(artifacts[0]!.path, {})).status).toBe(401)
    expect((await get(artifacts[0]!.path, { authorization: 'Bearer nonsense' })).status).toBe(401)
    const others = [`/artifacts/${id}/step-2.log`, `/artifacts/${id.slice(0, 10)}/step-1.log`, `/artifacts/none/step-1.log`, `/artifacts/${id}`, '/artifacts', `/artifacts/${id}/..%2f..%2fcredential`, `/artifacts/${id}/%00`, `/artifacts/..%2f..%2fcredential/x`]
    for (const path of others) {
      const response = await get(path)
      expect([path, response.status, (await response.json() as { error: { data: { code: string } } }).error.data.code]).toEqual([path, 404, 'NOT_FOUND'])
    }
  })

  it('goes with its run', async () => {
    const { id, artifacts, client } = await ended(`printf '\\375'`)
    const { sha256, path } = artifacts[0]!
    expect(await readdir(join(server.dataDir, 'artifacts', sha256.slice(0, 2)))).toContain(sha256)
    await client.runs.prune.mutate({ ids: [id] })
    expect((await get(path)).status).toBe(404)
    expect(await readdir(join(server.dataDir, 'artifacts', sha256.slice(0, 2)))).not.toContain(sha256)
  })

  it('is said to be lost when the data folder has it no more', async () => {
    const { artifacts } = await ended(`printf '\\374'`)
    const { sha256, path } = artifacts[0]!
    await rm(join(server.dataDir, 'artifacts', sha256.slice(0, 2), sha256))
    const response = await get(path)
    expect([response.status, response.headers.get('content-disposition')]).toEqual([404, null])
  })
})

it('a flood of 1 GB leaves the server and its executor small, and others are served meanwhile', { timeout: 120_000 }, async () => {
  const own = await startServerProcess(await temporaryFolder())
  const executorPid = Number((await readFile(`/proc/${own.child.pid}/task/${own.child.pid}/children`, 'utf8')).trim().split(' ')[0])
  const [serverAtRest, executorAtRest] = [peakBytes(own.child.pid!), peakBytes(executorPid)]
  const flooding = ended('trap "" TERM; head -c 1000000000 /dev/zero', own, 'limits: { output: 2MiB }\n')
  const others = [await ended('echo one', own), await ended('echo two', own)]
  expect(others.map(({ view }) => view.status)).toEqual(['succeeded', 'succeeded'])
  const { view, events, artifacts } = await flooding
  expect(view).toMatchObject({ status: 'failed', reason: 'output_limit', outputBytes: expect.any(Number) })
  expect(artifacts).toMatchObject([{ isWhole: false }])
  const cut = events.find(event => event.type === 'output.cut')
  expect(cut?.data).toMatchObject({ allowedBytes: 2 * MiB })
  expect(peakBytes(own.child.pid!) - serverAtRest).toBeLessThan(150 * MiB)
  expect(peakBytes(executorPid) - executorAtRest).toBeLessThan(150 * MiB)
  await own.stop()
})
