import { Buffer } from 'node:buffer'
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { createArtifacts } from '../src/artifacts/artifacts.ts'
import { prune } from '../src/queue/prune.ts'
import { listArtifacts } from '../src/store/artifacts.ts'
import { FenceLostError } from '../src/store/errors.ts'
import { onBothDatabases } from './conformance-harness.ts'
import { sha256Of } from './executor-harness.ts'

const ABOUT = { name: 'step-1.log', step: 1, mediaType: 'application/octet-stream', isWhole: true }

onBothDatabases('artifacts', (given) => {
  const save = async (ref: Awaited<ReturnType<typeof given.running>>, bytes: string, about: Partial<typeof ABOUT> = {}, maxBytes = 1000) =>
    given.artifacts.save(ref, { ...ABOUT, ...about }, Readable.from([Buffer.from(bytes)]), maxBytes)
  const files = async () => (await readdir(given.artifacts.path, { recursive: true })).filter(name => !/^[0-9a-f]{2}$/.test(name))
  const fileOf = (bytes: string) => join(sha256Of(bytes).slice(0, 2), sha256Of(bytes))
  const organisationId = () => given.actor.organisationId
  const end = (ref: Awaited<ReturnType<typeof given.running>>) => given.log.end(ref, { reason: 'completed', detail: '' })

  it('are files by their hash that nobody else may read, and rows that say whose they are', async () => {
    const ref = await given.running()
    expect(await save(ref, 'raw \0')).toEqual({ ...ABOUT, sha256: sha256Of('raw \0'), sizeBytes: 5 })
    const path = join(given.artifacts.path, fileOf('raw \0'))
    expect(await readFile(path, 'utf8')).toBe('raw \0')
    expect([(await stat(path)).mode & 0o777, (await stat(join(path, '..'))).mode & 0o777, (await stat(given.artifacts.path)).mode & 0o777]).toEqual([0o600, 0o700, 0o700])
    expect(await listArtifacts(given.db, organisationId(), ref.runId)).toEqual([
      { ...ABOUT, sha256: sha256Of('raw \0'), sizeBytes: 5, createdAt: expect.any(String), path: `/artifacts/${ref.runId}/step-1.log` },
    ])
    await end(ref)
  })

  it('are cut at their cap, and say so', async () => {
    const ref = await given.running()
    expect(await save(ref, '0123456789', {}, 10)).toMatchObject({ sizeBytes: 10, isWhole: true })
    expect(await save(ref, '0123456789', { name: 'cut' }, 4)).toMatchObject({ sizeBytes: 4, isWhole: false, sha256: sha256Of('0123') })
    expect(await save(ref, 'all', { name: 'said', isWhole: false })).toMatchObject({ isWhole: false })
    await end(ref)
  })

  it('are found by their exact name, run and organisation alone', async () => {
    const ref = await given.running()
    await save(ref, 'mine')
    expect(await given.artifacts.find(organisationId(), ref.runId, 'step-1.log')).toMatchObject({ file: fileOf('mine'), artifact: { sizeBytes: 4 } })
    expect(await given.artifacts.find('another', ref.runId, 'step-1.log')).toBeNull()
    expect(await given.artifacts.find(organisationId(), ref.runId.slice(0, 10), 'step-1.log')).toBeNull()
    expect(await given.artifacts.find(organisationId(), ref.runId, 'step-2.log')).toBeNull()
    expect(await listArtifacts(given.db, 'another', ref.runId)).toEqual([])
    await end(ref)
  })

  it('leave nothing behind when their source fails, or the run is no longer held', async () => {
    const ref = await given.running()
    const broken = new Readable({ read() {
      this.push('half')
      this.destroy(new Error('no more'))
    } })
    await expect(given.artifacts.save(ref, ABOUT, broken, 1000)).rejects.toThrow('no more')
    await expect(save({ ...ref, fence: ref.fence - 1 }, 'of an older claim')).rejects.toThrow(FenceLostError)
    await end(ref)
    await expect(save(ref, 'after the end')).rejects.toThrow(FenceLostError)
    expect(await listArtifacts(given.db, organisationId(), ref.runId)).toEqual([])
    expect(await files()).not.toContain(fileOf('of an older claim'))
    expect(await files()).not.toContain(fileOf('after the end'))
    expect((await files()).filter(name => name.startsWith('draft-'))).toEqual([])
  })

  it('of the same bytes are one file, which goes with the last run that has it', async () => {
    const [one, two] = [await given.running(), await given.running()]
    await Promise.all([save(one, 'shared'), save(one, 'shared', { name: 'again' }), save(two, 'shared'), save(two, 'own', { name: 'own' })])
    await Promise.all([end(one), end(two)])
    await prune(given, { organisationId: organisationId(), ids: [two.runId] })
    expect(await files()).toContain(fileOf('shared'))
    expect(await files()).not.toContain(fileOf('own'))
    expect(await listArtifacts(given.db, organisationId(), two.runId)).toEqual([])
    await prune(given, { organisationId: organisationId(), ids: [one.runId] })
    expect(await files()).not.toContain(fileOf('shared'))
  })

  it('are never taken away while others with the same bytes are stored', async () => {
    const old = await given.running()
    await save(old, 'contested')
    await end(old)
    const ref = await given.running()
    await Promise.all([
      prune(given, { organisationId: organisationId(), ids: [old.runId] }),
      ...Array.from({ length: 10 }, (_, index) => save(ref, 'contested', { name: `copy-${index}` })),
    ])
    expect(await listArtifacts(given.db, organisationId(), ref.runId)).toHaveLength(10)
    expect(await files()).toContain(fileOf('contested'))
    await end(ref)
  })

  it('that a killed server left half done are swept at the start; what is in use stays', async () => {
    const ref = await given.running()
    await save(ref, 'in use')
    await end(ref)
    const { path } = given.artifacts
    const orphan = join(path, fileOf('an orphan'))
    await mkdir(join(orphan, '..'), { recursive: true })
    const longAgo = new Date(Date.now() - 7_200_000)
    for (const left of [orphan, join(path, 'draft-1234')]) {
      await writeFile(left, 'left')
      await utimes(left, longAgo, longAgo)
    }
    await writeFile(join(path, 'draft-young'), 'left')
    await createArtifacts({ path, db: given.db }).start()
    const left = await files()
    expect(left).toContain(fileOf('in use'))
    expect(left).not.toContain(fileOf('an orphan'))
    // On PostgreSQL another server may be at work in the folder: what is young may be its own.
    expect(left.filter(name => name.startsWith('draft-'))).toEqual(given.dialect === 'sqlite' ? [] : ['draft-young'])
  })
})
