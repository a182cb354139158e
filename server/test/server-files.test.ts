import type { Client, TestServer } from './server-harness.ts'
import { Buffer } from 'node:buffer'
import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { connect, openServer, script } from './server-harness.ts'

let server: TestServer
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'agentos-files-test-'))
  await mkdir(join(folder, 'src'))
  await mkdir(join(folder, 'node_modules/left'), { recursive: true })
  await writeFile(join(folder, 'src/money.ts'), 'one\ntwo\nthree\n')
  await writeFile(join(folder, 'src/gone.ts'), 'it was here\n')
  await writeFile(join(folder, 'same.txt'), 'the same\n')
  await writeFile(join(folder, 'touched.txt'), 'touched\n')
  await writeFile(join(folder, 'run.sh'), '#!/bin/sh\n')
  await writeFile(join(folder, 'node_modules/left/pad.js'), '1\n')
  await symlink('same.txt', join(folder, 'link'))
  await chmod(folder, 0o755)
  server = await openServer()
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

/** Runs a script to its end. */
async function ended(run: string, { more = '', workspace, at = server }: { more?: string, workspace?: string, at?: TestServer } = {}) {
  const client = connect(at)
  const { id } = await client.runs.submit.mutate({ manifest: script(run, more), ...(workspace !== undefined && { workspace }) })
  await new Promise<void>((resolve, reject) => {
    const following = client.events.follow.subscribe({ runId: id }, { onComplete: () => resolve(), onError: reject })
    onTestFinished(() => following.unsubscribe())
  })
  const events = await client.events.list.query({ runId: id })
  return { id, client, events, view: await client.runs.get.query({ run: id }), page: await client.runs.files.query({ run: id }) }
}

const changes = ({ files }: Awaited<ReturnType<Client['runs']['files']['query']>>) => Object.fromEntries(files.map(file => [file.path, file.change]))
const get = (path: string, headers: Record<string, string> = { authorization: `Bearer ${server.credential}` }) => fetch(server.url + path, { headers })

async function unpacked(response: Response): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  const archive = extract()
  Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]).pipe(createGunzip()).pipe(archive)
  for await (const entry of archive) {
    const chunks: Buffer[] = []
    for await (const chunk of entry)
      chunks.push(chunk as Buffer)
    found[entry.header.name] = entry.header.type === 'symlink' ? `-> ${entry.header.linkname}` : Buffer.concat(chunks).toString()
  }
  return found
}

it('what a run has changed is kept with what it was, compared line by line, and downloaded by itself or whole', async () => {
  const { id, client, events, page, view } = await ended('printf "one\\n2\\nthree\\n" > src/money.ts; rm src/gone.ts; echo new > "a b.txt"; touch touched.txt; chmod +x run.sh; ln -s same.txt other; echo x > node_modules/left/more.js', { workspace: folder })
  expect(view.status).toBe('succeeded')
  expect(changes(page)).toEqual({ 'a b.txt': 'added', 'other': 'added', 'run.sh': 'modified', 'src/gone.ts': 'deleted', 'src/money.ts': 'modified' })
  expect(page.kept).toMatchObject({ added: 2, modified: 2, deleted: 1, left: ['Left out: what is in a folder of node_modules (keep: all keeps it).'] })
  expect(events.slice(-2).map(({ type }) => type)).toEqual(['workspace.kept', 'run.ended'])
  expect(await client.runs.fileDiff.query({ run: id, path: 'src/money.ts' })).toEqual({ added: 1, removed: 1, why: null, hunks: [{ oldStart: 1, newStart: 1, lines: [' one', '-two', '+2', ' three'] }] })
  expect(await client.runs.fileDiff.query({ run: id, path: 'src/gone.ts' })).toMatchObject({ added: 0, removed: 1, why: null })
  expect(await client.runs.file.query({ run: id, path: 'src/gone.ts' })).toEqual({ kind: 'text', text: 'it was here\n', isCut: false })
  expect(await client.runs.file.query({ run: id, path: 'other' })).toMatchObject({ text: 'same.txt' })

  const one = await get(`/artifacts/${id}/workspace/file?path=${encodeURIComponent('a b.txt')}`)
  expect([one.status, await one.text()]).toEqual([200, 'new\n'])
  expect(Object.fromEntries(['content-type', 'content-disposition', 'x-content-type-options', 'content-security-policy'].map(name => [name, one.headers.get(name)]))).toEqual({
    'content-type': 'application/octet-stream',
    'content-disposition': 'attachment; filename=a_b.txt',
    'x-content-type-options': 'nosniff',
    'content-security-policy': 'default-src \'none\'; sandbox',
  })
  const whole = await get(`/artifacts/${id}/workspace.tar.gz`)
  expect([whole.status, whole.headers.get('content-type')]).toEqual([200, 'application/gzip'])
  const root = `workspace-${id.replace(/\W/g, '')}`
  expect(await unpacked(whole)).toEqual({ [`${root}/a b.txt`]: 'new\n', [`${root}/other`]: '-> same.txt', [`${root}/run.sh`]: '#!/bin/sh\n', [`${root}/src/money.ts`]: 'one\n2\nthree\n' })
})

it('what a file was is found whenever it was written, to the fraction of a millisecond', async () => {
  const from = await mkdtemp(join(tmpdir(), 'agentos-times-'))
  onTestFinished(() => rm(from, { recursive: true }))
  await chmod(from, 0o755)
  for (let n = 0; n < 50; n++) {
    await writeFile(join(from, `${n}.txt`), 'old\n')
    await utimes(join(from, `${n}.txt`), 1_795_997_252 + n * 0.0613, 1_795_997_252 + n * 0.0613)
  }
  const { id, client, page } = await ended('for file in *; do echo new > $file; done', { workspace: from })
  expect(page.kept).toMatchObject({ modified: 50 })
  const diffs = await Promise.all(page.files.map(({ path }) => client.runs.fileDiff.query({ run: id, path })))
  expect(diffs.filter(({ added, removed }) => added !== 1 || removed !== 1)).toEqual([])
})

it('keep: all keeps all, keep: none nothing, and of an untouched workspace nothing is said to be changed', async () => {
  const all = await ended('true', { workspace: folder, more: 'workspace: { keep: all }\n' })
  expect(changes(all.page)).toEqual({ 'link': 'unchanged', 'node_modules/left/pad.js': 'unchanged', 'run.sh': 'unchanged', 'same.txt': 'unchanged', 'src/gone.ts': 'unchanged', 'src/money.ts': 'unchanged', 'touched.txt': 'unchanged' })
  expect(await all.client.runs.file.query({ run: all.id, path: 'same.txt' })).toMatchObject({ text: 'the same\n' })
  const none = await ended('echo x > x', { workspace: folder, more: 'workspace: { keep: none }\n' })
  expect([none.page.files, none.page.kept]).toEqual([[], null])
  const untouched = await ended('cat same.txt', { workspace: folder })
  expect(untouched.page).toMatchObject({ files: [], kept: { added: 0, modified: 0, deleted: 0 } })
})

it('nothing of the machine comes with what a hostile run leaves: links, pipes, names, huge and unreadable files', { timeout: 90_000 }, async () => {
  const { client, id, page, view } = await ended([
    'ln -s /etc/passwd out; ln -s /etc etc; mkfifo pipe; ln -s ../../.. up',
    'mkdir -p d; printf secret > d/none; chmod 000 d/none; chmod 000 d',
    'truncate -s 900M huge; head -c 100 /dev/zero > zeros; printf "\\303\\050" > "$(printf "bad\\377name")"; echo nl > "$(printf "new\\nline")"; echo dots > ..hidden',
  ].join('\n'))
  expect(view.status).toBe('succeeded')
  const found = Object.fromEntries(page.files.map(file => [file.path, file]))
  expect(found.out).toMatchObject({ kind: 'link', target: '/etc/passwd', isKept: false })
  expect(found.etc).toMatchObject({ kind: 'link', target: '/etc', isKept: false })
  expect(Object.keys(found).some(path => path.startsWith('etc/') || path.startsWith('up/'))).toBe(false)
  expect(found.huge).toMatchObject({ sizeBytes: 900 * 1024 ** 2, isKept: false, note: 'It is larger than 16 MiB: its bytes are not kept.' })
  expect(Object.keys(found)).toEqual(expect.arrayContaining(['bad\\xffname', 'new\nline', '..hidden']))
  expect(page.kept?.left.join(' ')).toContain('1 file that are sockets, devices or pipes')
  expect(await client.runs.file.query({ run: id, path: 'zeros' })).toEqual({ kind: 'binary', why: 'It is no text. Download it.' })
  expect(await client.runs.file.query({ run: id, path: 'out' })).toEqual({ kind: 'text', text: '/etc/passwd', isCut: false })
  await expect(client.runs.file.query({ run: id, path: '../../credential' })).rejects.toThrow('nothing is kept of a file')
  expect((await get(`/artifacts/${id}/workspace/file?path=${encodeURIComponent('/etc/passwd')}`)).status).toBe(404)
  expect((await get(`/artifacts/${id}/workspace/file?path=out`)).status).toBe(404)
  expect((await get(`/artifacts/${id}/workspace.tar.gz`, {})).status).toBe(401)
  const names = Object.entries(await unpacked(await get(`/artifacts/${id}/workspace.tar.gz`)))
  expect(names.filter(([, content]) => content.startsWith('->'))).toEqual([])
})

it('a tree of a hundred thousand files is kept up to its bound, in bounded time, and what is left out is said', { timeout: 120_000 }, async () => {
  const { page, events, client, id } = await ended('mkdir many; cd many; seq 1 100000 | xargs touch', { more: 'limits: { files: 4096 }\n' })
  expect(page.files).toHaveLength(500)
  expect(page.kept?.added).toBe(2000)
  expect(page.kept?.left.join(' ')).toMatch(/Left out: \d+ files beyond the first 2000\./)
  const kept = events.find(event => event.type === 'workspace.kept')
  expect(kept?.type === 'workspace.kept' && kept.data.durationMs).toBeLessThan(40_000)
  let [pages, next] = [1, page.next]
  for (; next !== null; pages++)
    next = (await client.runs.files.query({ run: id, after: next })).next
  expect(pages).toBe(4)
})

it('a secret does not stand in what is kept of a file, nor in its name', async () => {
  const client = connect(server)
  await client.secrets.set.mutate({ name: 'TOKEN', value: 'tk-canary-0123456789' })
  const { source } = script('echo "key=$TOKEN" > config; echo x > "$TOKEN.txt"', 'secrets: [TOKEN]\n')
  const { id } = await client.runs.submit.mutate({ manifest: { source: source.replace('- name: work', '- name: work\n    secrets: [TOKEN]') } })
  await expect.poll(async () => (await client.runs.get.query({ run: id })).status, { timeout: 30_000 }).toBe('succeeded')
  const { files } = await client.runs.files.query({ run: id })
  expect(files.map(({ path, note }) => [path, note])).toEqual([['[secret TOKEN].txt', null], ['config', 'It held a secret: what is kept has the secret\'s name in its place.']])
  expect(await client.runs.file.query({ run: id, path: 'config' })).toMatchObject({ text: 'key=[secret TOKEN]\n' })
})

it('a picture is given to be drawn by its bytes alone, with nothing that it could load or run, and everything else is not', async () => {
  const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
  const { id, client } = await ended(`echo ${PNG} | base64 -d > dot.txt; echo '<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>' > dot.png; echo '<script>1</script>' > page.html`)
  const image = (path: string) => get(`/artifacts/${id}/workspace/image?path=${encodeURIComponent(path)}`)
  const drawn = await image('dot.txt')
  expect(drawn.status).toBe(200)
  expect(Object.fromEntries(['content-type', 'x-content-type-options', 'content-security-policy', 'content-disposition', 'cross-origin-resource-policy'].map(name => [name, drawn.headers.get(name)]))).toEqual({
    'content-type': 'image/png',
    'x-content-type-options': 'nosniff',
    'content-security-policy': 'default-src \'none\'; sandbox',
    'content-disposition': 'inline',
    'cross-origin-resource-policy': 'same-origin',
  })
  expect(Buffer.from(await drawn.arrayBuffer()).toString('base64')).toBe(PNG)
  for (const path of ['dot.png', 'page.html', 'missing'])
    expect((await image(path)).status, path).toBe(404)
  expect((await get(`/artifacts/${id}/workspace/image?path=dot.txt`, {})).status).toBe(401)
  expect(await client.runs.file.query({ run: id, path: 'dot.txt' })).toEqual({ kind: 'image', width: 1, height: 1 })
  expect(await client.runs.file.query({ run: id, path: 'dot.png' })).toMatchObject({ kind: 'text' })
})
