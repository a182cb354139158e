import type { Buffer } from 'node:buffer'
import type { Readable } from 'node:stream'
import type { NewArtifact } from '../store/artifacts.ts'
import type { KeepOptions } from './keep-artifact.ts'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chown, link, mkdir, mkdtemp, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { Transform } from 'node:stream'
import { expect, it, onTestFinished } from 'vitest'
import { KEPT_OUTPUT_BYTES } from '../domain/artifact.ts'
import { createKeep } from './keep-artifact.ts'

const isRoot = process.getuid?.() === 0

async function open(options: Partial<KeepOptions> = {}) {
  const base = await mkdtemp(join(tmpdir(), 'agentos-keep-'))
  onTestFinished(() => rm(base, { recursive: true, force: true }))
  const spoolPath = join(base, 'spool')
  await mkdir(spoolPath)
  const stored: NewArtifact[] = []
  /** Reads as the store does, and keeps only the hash. */
  const save = async (_ref: unknown, about: Omit<NewArtifact, 'sha256' | 'sizeBytes'>, source: Readable, maxBytes: number) => {
    const hash = createHash('sha256')
    let sizeBytes = 0
    for await (const chunk of source as AsyncIterable<Buffer>) {
      hash.update(chunk)
      sizeBytes += chunk.length
    }
    const artifact = { ...about, sha256: hash.digest('hex'), sizeBytes: Math.min(sizeBytes, maxBytes), isWhole: about.isWhole && sizeBytes <= maxBytes }
    stored.push(artifact)
    return artifact
  }
  const keep = createKeep({ ref: { runId: 'r', fence: 1, attempt: 1 }, spoolPath, runUser: null, artifacts: { save }, redact: source => source, ...options })
  const ask = (file: string | null, more: { name?: string, problem?: string } = {}) =>
    keep({ kind: 'keep', step: 1, name: more.name ?? 'step-1.log', file, problem: more.problem ?? null, mediaType: 'text/plain', isWhole: true })
  return { base, spoolPath, stored, ask }
}

it('stores a file of the spool folder and says under which hash', async () => {
  const { spoolPath, ask } = await open()
  await writeFile(join(spoolPath, 'step-1'), 'as it came')
  expect(await ask('step-1')).toMatchObject({ type: 'artifact.saved', data: { name: 'step-1.log', step: 1, sizeBytes: 10, isWhole: true, sha256: createHash('sha256').update('as it came').digest('hex') } })
})

it('stores nothing that a command may have put there in its place', async () => {
  const { base, spoolPath, stored, ask } = await open(isRoot ? { runUser: { uid: 65534, gid: 65534 } } : {})
  await writeFile(join(base, 'secret'), 'a secret of the server')
  await symlink(join(base, 'secret'), join(spoolPath, 'link'))
  await symlink('/proc/self/environ', join(spoolPath, 'environ'))
  await mkdir(join(spoolPath, 'folder'))
  execFileSync('mkfifo', [join(spoolPath, 'pipe')])
  await writeFile(join(spoolPath, 'twice'), 'x')
  await link(join(spoolPath, 'twice'), join(base, 'other-name'))
  if (isRoot) {
    await chown(join(spoolPath, 'twice'), 65534, 65534)
    await writeFile(join(spoolPath, 'of-root'), 'x')
  }
  for (const file of ['link', 'environ', 'folder', 'pipe', 'twice', 'not-there', ...isRoot ? ['of-root'] : []])
    expect(await ask(file, { name: file }), file).toMatchObject({ type: 'artifact.lost', data: { name: file, detail: expect.stringContaining('not its own file') } })
  await rename(spoolPath, `${spoolPath}-moved`)
  await symlink(base, spoolPath)
  expect(await ask('secret', { name: 'secret' })).toMatchObject({ type: 'artifact.lost', data: { detail: expect.stringContaining('folder was replaced') } })
  expect(stored).toEqual([])
})

it('holds the cap of a run itself, over all of its files', async () => {
  const { spoolPath, ask } = await open()
  for (const name of ['one', 'two']) {
    await writeFile(join(spoolPath, name), '')
    await truncate(join(spoolPath, name), KEPT_OUTPUT_BYTES - 1)
  }
  const [one, two] = await Promise.all([ask('one', { name: 'one' }), ask('two', { name: 'two' })])
  expect(one).toMatchObject({ type: 'artifact.saved', data: { sizeBytes: KEPT_OUTPUT_BYTES - 1, isWhole: true } })
  expect(two).toMatchObject({ type: 'artifact.saved', data: { sizeBytes: 1, isWhole: false } })
})

it('says what the executor could not keep, and takes no name twice', async () => {
  const { spoolPath, ask } = await open()
  expect(await ask(null, { problem: 'ENOSPC: no space left on device, write' })).toMatchObject({ type: 'artifact.lost', data: { step: 1, detail: 'ENOSPC: no space left on device, write' } })
  await writeFile(join(spoolPath, 'step-1'), 'x')
  await ask('step-1')
  expect(await ask('step-1')).toMatchObject({ type: 'artifact.lost', data: { detail: 'there is one of that name already' } })
})

it('takes out what may not be stored before it is stored', async () => {
  const redact = (source: Readable) => source.pipe(new Transform({ transform: (chunk: Buffer, _, done) => done(null, String(chunk).replaceAll('hunter2', '***')) }))
  const { spoolPath, ask } = await open({ redact })
  await writeFile(join(spoolPath, 'step-1'), 'password hunter2')
  expect(await ask('step-1')).toMatchObject({ data: { sizeBytes: 12, sha256: createHash('sha256').update('password ***').digest('hex') } })
})
