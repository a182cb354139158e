import type { Readable } from 'node:stream'
import type { Artifacts } from '../../artifacts/artifacts.ts'
import type { Actor } from '../../store/actor.ts'
import type { Database } from '../../store/database.ts'
import type { Upload } from '../../store/uploads.ts'
import { constants, mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { createGzip } from 'node:zlib'
import { pack } from 'tar-stream'
import { newId } from '../../store/id.ts'
import { addUpload, findUpload, uploadedBytes } from '../../store/uploads.ts'
import { ArchiveProblem, readArchive } from './read-archive.ts'

const BOUNDS = { maxBytes: 512 * 1024 * 1024, maxEntries: 20_000 }
/** Of all that an organisation has sent and that is still kept. */
const MAX_KEPT_BYTES = 8 * 1024 * 1024 * 1024

/** For the source to say so, once its bytes are no longer wanted. */
const BREAK_MS = 1_000

interface Services { db: Database, artifacts: Pick<Artifacts, 'draft' | 'drop' | 'keep' | 'read'> }

/**
 * Stores a folder that somebody sends as a tar. What is stored is not what was sent: it is written anew, with nothing in it but files and
 * folders. `problem`: what was expected instead.
 */
export async function saveUpload(services: Services, actor: Actor, source: Readable): Promise<Upload | { problem: string }> {
  try {
    return await save(services, actor, source)
  }
  catch (error) {
    if (error instanceof ArchiveProblem)
      return { problem: error.message }
    throw error
  }
}

async function save({ db, artifacts }: Services, actor: Actor, source: Readable): Promise<Upload> {
  if (await uploadedBytes(db, actor.organisationId) > MAX_KEPT_BYTES)
    throw new ArchiveProblem(`expected no more than ${MAX_KEPT_BYTES / 1024 ** 3} GiB of uploads at a time: those that no run needs are removed after a day`)
  const counted = { files: 0, sizeBytes: 0 }
  const anew = writeAnew(source, counted)
  const draft = await artifacts.draft(anew.bytes, 2 * BOUNDS.maxBytes).catch(async (error: unknown) => {
    throw await anew.whyBroken() ?? error
  })
  try {
    if (counted.files === 0)
      throw new ArchiveProblem('expected at least one file')
    const upload = { id: newId(), sha256: draft.sha256, ...counted }
    await artifacts.keep([draft], () => addUpload(db, actor, upload))
    return upload
  }
  finally {
    await artifacts.drop(draft)
  }
}

interface Anew {
  bytes: Readable
  /** What was wrong with the source, where that is what broke it off: its streams end each other in any order. */
  whyBroken: () => Promise<unknown>
}

function writeAnew(source: Readable, counted: { files: number, sizeBytes: number }): Anew {
  const archive = pack()
  const gzip = createGzip({ level: 1 })
  archive.on('error', error => gzip.destroy(error))
  const reading = readArchive(source, BOUNDS, async ({ path, kind, mode, sizeBytes, content }) => {
    const header = { name: path, mode, mtime: new Date(0) }
    if (kind === 'folder')
      return void archive.entry({ ...header, type: 'directory' })
    counted.files++
    counted.sizeBytes += sizeBytes
    const entry = archive.entry({ ...header, size: sizeBytes })
    if (sizeBytes === 0)
      entry.end(undefined)
    else
      await pipeline(content, entry)
  })
  void reading.then(() => archive.finalize(), (error: unknown) => archive.destroy(error as Error))
  return {
    bytes: archive.pipe(gzip),
    whyBroken() {
      archive.destroy()
      return Promise.race([reading.then(() => null, (error: unknown) => error), sleep(BREAK_MS, null)])
    },
  }
}

interface ToUnpack { organisationId: string, id: string, to: string }

/** Fills an empty folder with what was sent. False when it is kept no longer. */
export async function unpackUpload({ db, artifacts }: Services, { organisationId, id, to }: ToUnpack): Promise<boolean> {
  const upload = await findUpload(db, organisationId, id)
  const kept = upload && await artifacts.read(upload.sha256)
  if (!kept)
    return false
  await readArchive(kept.stream(), BOUNDS, async ({ path, kind, mode, content }) => {
    const place = join(to, path)
    await mkdir(kind === 'folder' ? place : dirname(place), { recursive: true, mode: 0o700 })
    if (kind === 'folder')
      return
    const file = await open(place, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, mode)
    await pipeline(content, file.createWriteStream())
  })
  return true
}
