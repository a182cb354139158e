import { z } from 'zod'

/** The last entry of the archive: what is in it, so that nothing is put back that is not as it was written. */
export const MANIFEST_NAME = 'agentos-backup.json'
export const DATABASE_NAME = 'database.sqlite'
export const KEY_NAME = 'secret.key'

/** `tables/runs/000001.jsonl`: rows of a PostgreSQL, a line each. */
export function rowsName(table: string, part: number): string {
  return `tables/${table}/${String(part).padStart(6, '0')}.jsonl`
}

export function artifactName(sha256: string): string {
  return `artifacts/${sha256}`
}

/** Every name that an archive of ours has: no other is ever read, and none leads out of the place where it belongs. */
export const ENTRY_NAME = /^(?:agentos-backup\.json|database\.sqlite|secret\.key|artifacts\/[0-9a-f]{64}|tables\/[a-z_]{1,63}\/\d{6,9}\.jsonl)$/

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const count = z.int().nonnegative()

const table = z.strictObject({
  name: z.string().regex(/^[a-z_]{1,63}$/),
  rows: count,
  /** Of a PostgreSQL only: how its rows are written, and the sum of them all. */
  columns: z.array(z.strictObject({ name: z.string().regex(/^\w{1,63}$/), kind: z.enum(['text', 'integer', 'bigint', 'real', 'boolean', 'moment', 'bytes']) })).optional(),
  digest: sha256.optional(),
})

export const backupManifest = z.strictObject({
  format: z.literal(1),
  /** Of the program that wrote it. */
  version: z.string().max(100),
  createdAt: z.iso.datetime(),
  dialect: z.enum(['sqlite', 'postgresql']),
  /** What the database had been brought up to. */
  migrations: z.array(z.string().regex(/^\w{1,200}$/)).min(1).max(10_000),
  tables: z.array(table).max(1_000),
  /** The key that seals secrets and workspaces is in it. */
  hasKey: z.boolean(),
  /** Kept bytes that a row names and that were not there when it was written. */
  missing: z.array(z.string()),
  files: z.array(z.strictObject({ name: z.string().regex(ENTRY_NAME), sizeBytes: count, sha256 })),
})

export type BackupManifest = z.infer<typeof backupManifest>
export type ArchivedFile = BackupManifest['files'][number]

export function rowsOf(manifest: Pick<BackupManifest, 'tables'>, name: string): number {
  return manifest.tables.find(one => one.name === name)?.rows ?? 0
}
