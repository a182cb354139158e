import type { Readable } from 'node:stream'

/** What was written beside the store, by its hash. */
export interface Draft { path: string, sha256: string, sizeBytes: number }

/** Where bytes are kept by their hash: files of the data folder on SQLite, rows on PostgreSQL. */
export interface Blobs {
  /** Removes what a killed server has left here. */
  start: () => Promise<void>
  /**
   * Stores what the drafts hold, and calls `refer`, which writes the rows that name them: what they name is there when it resolves, and
   * nobody finds it unused in between. When `refer` rejects, what nothing else names goes again.
   */
  keep: (drafts: Draft[], refer: () => Promise<void>) => Promise<void>
  /** Null when they are not here. */
  find: (sha256: string) => Promise<KeptBytes | null>
  /** Removes those that no row refers to any more. */
  removeUnused: (sha256s: string[]) => Promise<void>
}

export interface KeptBytes {
  sizeBytes: number
  /** From `start` to `end`, both in it; all when nothing is said. Never whole in memory. */
  stream: (range?: { start: number, end: number }) => Readable
}
