import type { Pack } from 'tar-stream'
import type { TestServer } from './server-harness.ts'
import { Buffer } from 'node:buffer'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer as readBytes } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { uploadFolder } from '../src/cli/upload-folder.ts'
import { connect, openServer, script, signIn } from './server-harness.ts'

/** Folders that are sent as an archive, by HTTP, and runs that start from them. */

let server: TestServer
beforeAll(async () => {
  server = await openServer({ AGENTOS_DATA_DIR: mkdtempSync(join(tmpdir(), 'agentos-uploads-')) })
})
afterAll(() => server.stop())

async function tar(fill: (archive: Pack) => void): Promise<Buffer> {
  const archive = pack()
  fill(archive)
  archive.finalize()
  return readBytes(archive)
}

function post(body: Buffer, headers: Record<string, string> = { authorization: `Bearer ${server.credential}` }) {
  return fetch(`${server.url}/api/uploads`, { method: 'POST', body: new Uint8Array(body), headers })
}

async function send(body: Buffer): Promise<{ status: number, workspace: string, files: number, sizeBytes: number, message: string }> {
  const response = await post(body)
  const said = await response.json() as { workspace: string, files: number, sizeBytes: number, error?: { message: string } } // one or the other
  return { status: response.status, ...said, message: said.error?.message ?? '' }
}

async function run(command: string, workspace: string) {
  const client = connect(server)
  const { id } = await client.runs.submit.mutate({ manifest: script(command), workspace })
  await new Promise<void>((resolve, reject) => {
    const following = client.events.follow.subscribe({ runId: id }, { onComplete: () => resolve(), onError: reject })
    onTestFinished(() => following.unsubscribe())
  })
  return { id, client, events: await client.events.list.query({ runId: id }), view: await client.runs.get.query({ run: id }) }
}

const blobs = () => readdirSync(join(server.dataDir, 'artifacts'), { recursive: true }).filter(name => String(name).length > 60)

it('a folder that was sent, gzipped or not, is what a run starts from, and what changes is held against it', { timeout: 60_000 }, async () => {
  const plain = await tar((archive) => {
    archive.entry({ name: './', type: 'directory' })
    archive.entry({ name: './src', type: 'directory' })
    archive.entry({ name: './src/a.txt', mode: 0o4777 }, 'one\n')
    archive.entry({ name: 'b.txt', mode: 0o600, uid: 0 }, 'two\n')
    archive.entry({ name: `${'long/'.repeat(40)}c.txt` }, '')
  })
  for (const body of [plain, gzipSync(plain)]) {
    const sent = await send(body)
    expect(sent).toMatchObject({ status: 201, files: 3, sizeBytes: 8 })
    const { events, id, client, view } = await run('cat src/a.txt b.txt; stat -c %a src/a.txt b.txt; echo three > b.txt', sent.workspace)
    expect(view).toMatchObject({ status: 'succeeded', workspaceFrom: sent.workspace })
    expect(events.flatMap(event => event.type === 'step.output' ? [event.data.text] : []).join('')).toBe('one\ntwo\n755\n644\n')
    expect(events.find(event => event.type === 'workspace.prepared')!.data).toMatchObject({ how: 'unpacked', files: 44 })
    expect(await client.runs.fileDiff.query({ run: id, path: 'b.txt' })).toMatchObject({ added: 1, removed: 1, why: null })
  }
  expect((await send(plain)).workspace).not.toBe((await send(plain)).workspace)
})

it('the command line sends a folder whole, without what was installed and without links', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'agentos-folder-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  execFileSync('/bin/sh', ['-c', 'mkdir -p src node_modules/x empty; echo one > src/a.txt; : > none; echo x > node_modules/x/i.js; ln -s /etc/passwd out; printf "#!/bin/sh\\n" > go.sh; chmod 755 go.sh'], { cwd: folder })
  const workspace = await uploadFolder({ url: server.url, apiKey: server.credential }, folder)
  const { events } = await run('find . -mindepth 1 | sort | tr "\\n" " "; cat src/a.txt; stat -c %a go.sh', workspace)
  expect(events.flatMap(event => event.type === 'step.output' ? [event.data.text] : []).join('')).toBe('./empty ./go.sh ./none ./src ./src/a.txt one\n755\n')
  await expect(uploadFolder({ url: server.url, apiKey: 'wrong' }, folder)).rejects.toThrow(/sign in first/)
})

it.for<[string, () => Promise<Buffer>, RegExp]>([
  ['a step up', () => tar(archive => archive.entry({ name: '../out.txt' }, 'x')), /leads elsewhere/],
  ['a step up in the middle', () => tar(archive => archive.entry({ name: 'a/../../out.txt' }, 'x')), /leads elsewhere/],
  ['an absolute path', () => tar(archive => archive.entry({ name: '/etc/out.txt' }, 'x')), /leads elsewhere/],
  ['a link', () => tar(archive => archive.entry({ name: 'passwd', type: 'symlink', linkname: '/etc/passwd' })), /"passwd" is a symlink/],
  ['a hard link', () => tar(archive => archive.entry({ name: 'passwd', type: 'link', linkname: '/etc/passwd' })), /"passwd" is a link/],
  ['a device', () => tar(archive => archive.entry({ name: 'sda', type: 'block-device', devmajor: 8 })), /"sda" is a block-device/],
  ['the same path twice', () => tar(archive => ['a', 'a'].forEach(name => archive.entry({ name }, 'x'))), /comes twice/],
  ['a file as a folder', () => tar(archive => ['a', 'a/b'].forEach(name => archive.entry({ name }, 'x'))), /"a" is a file/],
  ['a path that is too long', () => tar(archive => archive.entry({ name: 'x/'.repeat(150) }, '')), /longer/],
  ['a zip', async () => Buffer.from('PK\u0003\u0004 and so on'), /this is a zip/],
  ['no archive', async () => Buffer.from('hello '.repeat(200)), /expected a tar, gzipped or not/],
  ['half an archive', async () => (await tar(archive => archive.entry({ name: 'a' }, 'x'.repeat(5000)))).subarray(0, 3000), /expected a tar, gzipped or not/],
  ['half a gzip', async () => gzipSync(await tar(archive => archive.entry({ name: 'a' }, 'x'.repeat(5000)))).subarray(0, 40), /expected a tar, gzipped or not/],
  ['no file', () => tar(archive => archive.entry({ name: 'a', type: 'directory' })), /at least one file/],
  ['nothing', async () => Buffer.alloc(0), /nothing came/],
])('%s is refused, and nothing of it is kept', { timeout: 60_000 }, async ([, make, words]) => {
  const before = blobs()
  const refused = await send(await make())
  expect(refused).toMatchObject({ status: 400, message: expect.stringMatching(words) })
  expect(blobs()).toEqual(before)
  expect(readdirSync(join(server.dataDir, 'artifacts')).filter(name => name.startsWith('draft-'))).toEqual([])
})

it('only who is signed in may send one, and no page of another origin', async () => {
  const body = await tar(archive => archive.entry({ name: 'a' }, 'x'))
  expect((await post(body, {})).status).toBe(401)
  const cookie = await signIn(server)
  expect((await post(body, { cookie })).status).toBe(403)
  expect((await post(body, { cookie, origin: 'https://evil.example' })).status).toBe(403)
  expect((await post(body, { cookie, origin: server.url })).status).toBe(201)
})

it('a run that names what nobody has sent is refused before anything is written', async () => {
  const client = connect(server)
  await expect(client.runs.submit.mutate({ manifest: script('true'), workspace: `upload:${'x'.repeat(20)}` })).rejects.toThrow(/upload the folder again/)
  const sent = await send(await tar(archive => archive.entry({ name: 'a' }, 'x')))
  await expect(client.runs.submit.mutate({ manifest: script('true', 'workspace: { mode: mount-read-only }\n'), workspace: sent.workspace })).rejects.toThrow(/cannot be mounted/)
})
