import { Buffer } from 'node:buffer'
import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { createArtifacts } from '../src/artifacts/artifacts.ts'
import { prune } from '../src/queue/prune.ts'
import { listArtifacts } from '../src/store/artifacts.ts'
import { addChunk, finishBlob } from '../src/store/blobs.ts'
import { FenceLostError } from '../src/store/errors.ts'
import { onBothDatabases } from './conformance-harness.ts'
import { sha256Of } from './executor-harness.ts'

const ABOUT = { name: 'step-1.log', step: 1, mediaType: 'application/octet-stream', isWhole: true }

onBothDatabases('artifacts', (given) => {
  const save = async (ref: Awaited<ReturnType<typeof given.running>>, bytes: string, about: Partial<typeof ABOUT> = {}, maxBytes = 1000) =>
    given.artifacts.save(ref, { ...ABOUT, ...about }, Readable.from([Buffer.from(bytes)]), maxBytes)
  const drafts = async () => (await readdir(given.artifacts.path)).filter(name => name.startsWith('draft-'))
  const fileOf = (bytes: string) => join(sha256Of(bytes).slice(0, 2), sha256Of(bytes))
  const isKept = async (bytes: string) => await given.artifacts.read(sha256Of(bytes)) !== null
  const read = async (bytes: string, range?: { start: number, end: number }) =>
    (await buffer((await given.artifacts.read(sha256Of(bytes)))!.stream(range))).toString()
  const organisationId = () => given.actor.organisationId
  const end = (ref: Awaited<ReturnType<typeof given.running>>) => given.log.end(ref, { reason: 'completed', detail: '' })

  it('are bytes by their hash, and rows that say whose they are', async () => {
    const ref = await given.running()
    expect(await save(ref, 'raw \0')).toEqual({ ...ABOUT, sha256: sha256Of('raw \0'), sizeBytes: 5 })
    expect(await read('raw \0')).toBe('raw \0')
    expect(await read('raw \0', { start: 1, end: 2 })).toBe('aw')
    expect((await given.artifacts.read(sha256Of('raw \0')))!.sizeBytes).toBe(5)
    expect(await given.artifacts.read(sha256Of('nothing'))).toBeNull()
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
    expect(await given.artifacts.find(organisationId(), ref.runId, 'step-1.log')).toMatchObject({ artifact: { sizeBytes: 4 } })
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
    expect([await isKept('of an older claim'), await isKept('after the end')]).toEqual([false, false])
    expect(await drafts()).toEqual([])
  })

  it('of the same bytes are kept once, and go with the last run that has them', async () => {
    const [one, two] = [await given.running(), await given.running()]
    await Promise.all([save(one, 'shared'), save(one, 'shared', { name: 'again' }), save(two, 'shared'), save(two, 'own', { name: 'own' })])
    await Promise.all([end(one), end(two)])
    await prune(given, { organisationId: organisationId(), ids: [two.runId] })
    expect([await isKept('shared'), await isKept('own')]).toEqual([true, false])
    expect(await listArtifacts(given.db, organisationId(), two.runId)).toEqual([])
    await prune(given, { organisationId: organisationId(), ids: [one.runId] })
    expect(await isKept('shared')).toBe(false)
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
    expect(await read('contested')).toBe('contested')
    await end(ref)
  })

  it('are read and written in pieces, whatever their size', async () => {
    const ref = await given.running()
    const piece = Buffer.alloc(700_000, 'x')
    const bytes = Buffer.concat([piece, piece, piece, Buffer.from('end')])
    const { sha256 } = await given.artifacts.save(ref, ABOUT, Readable.from([piece, piece, piece, Buffer.from('end')]), 10_000_000)
    const kept = (await given.artifacts.read(sha256))!
    expect(kept.sizeBytes).toBe(bytes.length)
    expect((await buffer(kept.stream())).equals(bytes)).toBe(true)
    expect((await buffer(kept.stream({ start: 1_048_570, end: 1_048_580 }))).equals(bytes.subarray(1_048_570, 1_048_581))).toBe(true)
    expect((await buffer(kept.stream({ start: bytes.length - 2, end: bytes.length - 1 }))).toString()).toBe('nd')
    await save(ref, '')
    expect(await read('')).toBe('')
    await end(ref)
  })

  it('are in nobody else\'s reach, and where servers share nothing but the database another one gives them too', async () => {
    const ref = await given.running()
    await save(ref, 'for all')
    await end(ref)
    const { path } = given.artifacts
    expect((await stat(path)).mode & 0o777).toBe(0o700)
    const elsewhere = createArtifacts({ path: join(given.where.dataDir, 'elsewhere'), db: given.db })
    if (given.dialect === 'postgresql') {
      expect((await buffer((await elsewhere.read(sha256Of('for all')))!.stream())).toString()).toBe('for all')
    }
    else {
      const file = join(path, fileOf('for all'))
      expect([(await stat(file)).mode & 0o777, (await stat(join(file, '..'))).mode & 0o777]).toEqual([0o600, 0o700])
    }
  })

  it('that a killed server left half done are swept at the start; what is in use stays', async () => {
    const ref = await given.running()
    await save(ref, 'in use')
    await end(ref)
    const { path } = given.artifacts
    const longAgo = new Date(Date.now() - 7_200_000)
    if (given.dialect === 'sqlite') {
      await mkdir(join(path, fileOf('an orphan'), '..'), { recursive: true })
      await writeFile(join(path, fileOf('an orphan')), 'an orphan')
    }
    else {
      await addChunk(given.db, sha256Of('an orphan'), 0, Buffer.from('an orphan'))
      await finishBlob(given.db, sha256Of('an orphan'), 9, 1)
      await given.db.batch([{ sql: `UPDATE blobs SET "createdAt" = ${given.db.sql.later(given.db.sql.now, '$1')} WHERE "sha256" = $2`, params: [-7_200_000, sha256Of('an orphan')] }])
      await addChunk(given.db, sha256Of('never finished'), 0, Buffer.from('never'))
    }
    await writeFile(join(path, 'draft-1234'), 'left')
    await utimes(join(path, 'draft-1234'), longAgo, longAgo)
    await writeFile(join(path, 'draft-young'), 'left')
    expect(await isKept('an orphan')).toBe(true)
    await createArtifacts({ path, db: given.db }).start()
    expect([await isKept('in use'), await isKept('an orphan')]).toEqual([true, false])
    const [chunks] = await given.db.batch([{ sql: `SELECT "sha256" FROM blob_chunks WHERE "sha256" = $1`, params: [sha256Of('never finished')] }])
    expect(chunks).toEqual([])
    // On PostgreSQL another process may be at work in the folder: what is young may be its own.
    expect(await drafts()).toEqual(given.dialect === 'sqlite' ? [] : ['draft-young'])
  })
})
