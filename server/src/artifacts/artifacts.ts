import type { Readable } from 'node:stream'
import type { ArtifactView } from '../domain/views/workspace.ts'
import type { NewArtifact } from '../store/artifacts.ts'
import type { Database } from '../store/database.ts'
import type { RunRef } from '../store/run-append.ts'
import type { Blobs, Draft } from './blobs.ts'
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { addArtifact, findArtifact } from '../store/artifacts.ts'
import { createBlobFiles } from './blob-files.ts'
import { createBlobRows } from './blob-rows.ts'
import { removeDrafts } from './sweep.ts'
import { writeDraft } from './write-draft.ts'

export type ArtifactAbout = Pick<NewArtifact, 'name' | 'step' | 'mediaType' | 'isWhole'>

/** Bytes by the hash of what is in them, and the rows that say whose they are. */
export interface Artifacts extends Pick<Blobs, 'keep' | 'removeUnused'> {
  /** Removes what a killed server has left here. */
  start: () => Promise<void>
  /**
   * Stores what `source` gives, up to `maxBytes`; the same bytes are stored once. When it resolves, bytes and row are on the
   * disk. Rejects with what `source`, the disk or the database said, and leaves nothing behind.
   */
  save: (ref: RunRef, about: ArtifactAbout, source: Readable, maxBytes: number) => Promise<NewArtifact>
  /** Writes what `source` gives, up to `maxBytes`, beside the store, for `keep`. Whoever made it drops it. */
  draft: (source: Readable, maxBytes: number) => Promise<Draft & { isCut: boolean }>
  drop: (draft: Draft) => Promise<void>
  /** Null when the organisation's run has none of that name. */
  find: (organisationId: string, runId: string, name: string) => Promise<{ artifact: ArtifactView, worker: string } | null>
  /** Their bytes; null when they are not here. */
  read: Blobs['find']
  readonly path: string
}

export function createArtifacts({ path, db }: { path: string, db: Database }): Artifacts {
  const blobs = db.dialect === 'sqlite' ? createBlobFiles({ path, db }) : createBlobRows({ db })

  async function draft(source: Readable, maxBytes: number): Promise<Draft & { isCut: boolean }> {
    const file = join(path, `draft-${randomBytes(8).toString('hex')}`)
    try {
      return { path: file, ...await writeDraft(file, source, maxBytes) }
    }
    catch (error) {
      await rm(file, { force: true })
      throw error
    }
  }

  const drop = (made: Draft): Promise<void> => rm(made.path, { force: true })

  return {
    path,
    draft,
    drop,

    async start() {
      await removeDrafts(path, db.dialect !== 'sqlite')
      await blobs.start()
    },

    async save(ref, about, source, maxBytes) {
      const made = await draft(source, maxBytes)
      try {
        const { sha256, sizeBytes, isCut } = made
        const artifact = { ...about, sha256, sizeBytes, isWhole: about.isWhole && !isCut }
        await blobs.keep([made], () => addArtifact(db, ref, artifact))
        return artifact
      }
      finally {
        await drop(made)
      }
    },

    find: (organisationId, runId, name) => findArtifact(db, organisationId, runId, name),
    read: blobs.find,
    keep: blobs.keep,
    removeUnused: blobs.removeUnused,
  }
}
