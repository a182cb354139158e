import type { BackupSource } from './make-backup.ts'

/** What a server tells the process of one backup, on standard input: an argument may be read by everybody on the machine. */
export interface BackupOrder { source: BackupSource, file: string }

export type BackupAnswer = { ok: true, sizeBytes: number, runs: number } | { ok: false, problem: string }
