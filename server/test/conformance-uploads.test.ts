import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pack } from 'tar-stream'
import { expect, it, onTestFinished } from 'vitest'
import { removeOld } from '../src/queue/retention.ts'
import { findUpload } from '../src/store/uploads.ts'
import { saveUpload, unpackUpload } from '../src/worker/workspace/uploads.ts'
import { onBothDatabases } from './conformance-harness.ts'

onBothDatabases('uploads', (given) => {
  const send = async (text: string) => {
    const archive = pack()
    archive.entry({ name: 'src/a.txt' }, text)
    archive.finalize()
    const saved = await saveUpload(given, given.actor, Readable.from(archive))
    if ('problem' in saved)
      throw new Error(saved.problem)
    return saved
  }
  const folder = async () => {
    const path = await mkdtemp(join(tmpdir(), 'agentos-upload-'))
    onTestFinished(() => rm(path, { recursive: true }))
    return path
  }
  const age = (days: number) => given.db.batch([{ sql: `UPDATE uploads SET "createdAt" = ${given.db.sql.later('"createdAt"', '$1')}`, params: [-days * 86_400_000] }])
  const clearUp = () => removeOld({ db: given.db, notifier: given.notifier, artifacts: given.artifacts, limits: { ageMs: null, runs: null, sizeBytes: null } })

  it('are unpacked as they were sent, for their own organisation alone', async () => {
    const { id } = await send('hello')
    const to = await folder()
    const { organisationId } = given.actor
    expect(await unpackUpload(given, { organisationId, id, to })).toBe(true)
    expect(await readFile(join(to, 'src/a.txt'), 'utf8')).toBe('hello')
    expect(await unpackUpload(given, { organisationId: 'another', id, to: await folder() })).toBe(false)
    expect(await findUpload(given.db, 'another', id)).toBeNull()
  })

  it('go after a day with their bytes, unless a run that has not ended starts from them', async () => {
    const [lost, needed] = [await send('lost'), await send('needed')]
    const run = await given.submit({ workspaceFrom: `upload:${needed.id}`, delayMs: 3_600_000 })
    await clearUp()
    expect(await given.artifacts.read(lost.sha256)).not.toBeNull()
    await age(2)
    await clearUp()
    expect(await given.artifacts.read(lost.sha256)).toBeNull()
    expect(await findUpload(given.db, given.actor.organisationId, lost.id)).toBeNull()
    expect(await given.artifacts.read(needed.sha256)).not.toBeNull()
    expect(await findUpload(given.db, given.actor.organisationId, needed.id)).toMatchObject({ files: 1, sizeBytes: 6 })
    expect(run.workspaceFrom).toBe(`upload:${needed.id}`)
  })
})
