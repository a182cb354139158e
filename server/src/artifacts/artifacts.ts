import type { Readable } from 'node:stream'
import type { ArtifactView } from '../domain/views.ts'
import type { NewArtifact } from '../store/artifacts.ts'
import type { Database } from '../store/database.ts'
import type { RunRef } from '../store/run-append.ts'
import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { addArtifact, findArtifact, unusedHashes } from '../store/artifacts.ts'
import { sweep } from './sweep.ts'
import { writeDraft } from './write-draft.ts'

export type ArtifactAbout = Pick<NewArtifact, 'name' | 'step' | 'mediaType' | 'isWhole'>

/** Files of the data folder by the hash of what is in them, and the rows that say whose they are. */
export interface Artifacts {
  /** Removes what a killed server has left here. */
  start: () => Promise<void>
  /**
   * Stores what `source` gives, up to `maxBytes`; the same bytes are stored once. When it resolves, file and row are on the
   * disk. Rejects with what `source`, the disk or the database said, and leaves nothing behind.
   */
  save: (ref: RunRef, about: ArtifactAbout, source: Readable, maxBytes: number) => Promise<NewArtifact>
  /** `file` is below `path`, on the machine of `worker`. Null when the organisation's run has none of that name. */
  find: (organisationId: string, runId: string, name: string) => Promise<{ artifact: ArtifactView, worker: string, file: string } | null>
  /** Removes the files of those that no row refers to any more. */
  removeUnused: (sha256s: string[]) => Promise<void>
  readonly path: string
}

export function createArtifacts({ path, db }: { path: string, db: Database }): Artifacts {
  let last: Promise<unknown> = Promise.resolve()

  return {
    path,

    async start() {
      await mkdir(path, { recursive: true, mode: 0o700 })
      await sweep({ path, isShared: db.dialect !== 'sqlite', removeUnused })
    },

    async save(ref, about, source, maxBytes) {
      const draft = join(path, `draft-${randomBytes(8).toString('hex')}`)
      try {
        const { sha256, sizeBytes, isCut } = await writeDraft(draft, source, maxBytes)
        const artifact = { ...about, sha256, sizeBytes, isWhole: about.isWhole && !isCut }
        await inTurn(() => moveTo(join(path, fileOf(sha256)), draft).then(() => addArtifact(db, ref, artifact)))
          .catch(async (error: unknown) => {
            await removeUnused([sha256]).catch(() => {}) // swept at the next start
            throw error
          })
        return artifact
      }
      finally {
        await rm(draft, { force: true })
      }
    },

    async find(organisationId, runId, name) {
      const found = await findArtifact(db, organisationId, runId, name)
      return found && { ...found, file: fileOf(found.artifact.sha256) }
    },

    removeUnused,
  }

  async function removeUnused(sha256s: string[]): Promise<void> {
    for (let at = 0; at < sha256s.length; at += BATCH) {
      await inTurn(async () => {
        const unused = await unusedHashes(db, sha256s.slice(at, at + BATCH))
        await Promise.all(unused.map(sha256 => rm(join(path, fileOf(sha256)), { force: true })))
      })
    }
  }

  /** A file that somebody is about to refer to must not be found unused meanwhile. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work)
    last = done.catch(() => {})
    return done
  }
}

const BATCH = 500

function fileOf(sha256: string): string {
  return join(sha256.slice(0, 2), sha256)
}

/** One that is there already has the same bytes, and is replaced by them. */
async function moveTo(target: string, draft: string): Promise<void> {
  const folder = dirname(target)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await rename(draft, target)
  const handle = await open(folder)
  try {
    await handle.sync()
  }
  finally {
    await handle.close()
  }
}
