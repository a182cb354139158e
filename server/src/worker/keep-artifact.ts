import type { FileHandle } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import type { Artifacts } from '../artifacts/artifacts.ts'
import type { NewEvent } from '../domain/event.ts'
import type { ExecutorAsk } from '../executor/protocol/output.ts'
import type { RunRef } from '../store/run-append.ts'
import type { RunUser } from './workspace/place.ts'
import { constants, lstat, open } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { KEPT_OUTPUT_BYTES } from '../domain/artifact.ts'
import { event } from '../domain/event.ts'

type KeepAsk = Extract<ExecutorAsk, { kind: 'keep' }>

/** Stores what an executor asks to keep. Resolves with what the log is to say of it; never rejects. */
export type Keep = (ask: KeepAsk) => Promise<NewEvent>

export interface KeepOptions {
  ref: RunRef
  spoolPath: string
  runUser: RunUser
  artifacts: Pick<Artifacts, 'save'>
  /** Takes out what may not be stored. */
  redact: (source: Readable) => Readable
}

const MAX_ARTIFACTS = 1000

export function createKeep({ ref, spoolPath, runUser, artifacts, redact }: KeepOptions): Keep {
  const names = new Set<string>()
  let keptBytes = 0
  let last: Promise<unknown> = Promise.resolve()

  return (ask) => {
    const kept = last.then(() => keep(ask)) // one after another: their bytes are counted together
    last = kept
    return kept
  }

  async function keep({ name, step, file, problem, mediaType, isWhole }: KeepAsk): Promise<NewEvent> {
    let handle: FileHandle | undefined
    let raw: Readable | undefined
    try {
      if (file === null)
        throw new Error(problem ?? 'no reason is given')
      if (names.has(name) || names.size >= MAX_ARTIFACTS)
        throw new Error(names.has(name) ? 'there is one of that name already' : `the run has ${MAX_ARTIFACTS} artifacts already`)
      names.add(name)
      handle = await openSpooled(spoolPath, file, runUser?.uid ?? process.getuid?.())
      const maxBytes = KEPT_OUTPUT_BYTES - keptBytes
      // One byte more than is taken, so that what is longer is seen to be cut.
      raw = handle.createReadStream({ autoClose: false, start: 0, end: maxBytes })
      const source = redact(raw)
      raw.on('error', error => source.destroy(error))
      const saved = await artifacts.save(ref, { name, step, mediaType, isWhole }, source, maxBytes)
      keptBytes += saved.sizeBytes
      return event('artifact.saved', { name, step, mediaType: saved.mediaType, sha256: saved.sha256, sizeBytes: saved.sizeBytes, isWhole: saved.isWhole })
    }
    catch (error) {
      return event('artifact.lost', { name, step, detail: error instanceof Error ? error.message : String(error) })
    }
    finally {
      raw?.destroy()
      await handle?.close().catch(() => {})
    }
  }
}

/** A command of the run may have had the folder in its hands: a link, a pipe or somebody else's file is none of ours. */
async function openSpooled(folder: string, file: string, uid: number | undefined): Promise<FileHandle> {
  const refuse = (why: string) => new Error(`what the executor left is not its own file: ${why}`)
  if (!(await lstat(folder)).isDirectory())
    throw refuse('its folder was replaced')
  const handle = await open(join(folder, file), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    .catch((error: NodeJS.ErrnoException) => { throw refuse(error.code ?? error.message) })
  const found = await handle.stat()
  const why = !found.isFile() ? 'it is no regular file' : found.nlink !== 1 ? 'it has another name' : uid !== undefined && found.uid !== uid ? 'it is another user\'s' : null
  if (why === null)
    return handle
  await handle.close()
  throw refuse(why)
}
