import type { ChildProcess } from 'node:child_process'
import type { Database } from '../store/database.ts'
import type { BackupSource } from './make-backup.ts'
import type { BackupAnswer, BackupOrder } from './order.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { BACKUP_MAIN } from '../program-files.ts'
import { keepBackupTurn, nextBackupMs, noteBackup, takeBackupTurn } from '../store/backup-turns.ts'
import { backupFileName, removeLeftOvers, removeOldBackups } from './rotate.ts'

export interface ScheduledBackupsOptions {
  db: Database
  source: BackupSource
  everyMs: number
  folder: string
  /** So many stay. */
  keep: number
  made: (about: { file: string, sizeBytes: number, runs: number, removed: number }) => void
  /** None was made, and why. It is tried again. */
  failed: (error: unknown) => void
  firstMs?: number
}

export interface ScheduledBackups {
  /** Idempotent. */
  start: () => void
  /** Idempotent; when it resolves, no backup is being made here and none is left half made. */
  stop: () => Promise<void>
}

/** After the start: other things are more urgent then. */
const FIRST_MS = 10_000
/** A backup that says nothing for so long is somebody else's to make; one that failed is tried again then. */
const TURN_MS = 300_000
const KEEP_TURN_MS = 60_000
/** Others may have made one meanwhile, or their server may be gone. */
const LOOK_MS = 600_000

/** Makes a backup whenever one is due, one of all servers of a database at a time, and removes what is older than the newest ones. */
export function createScheduledBackups({ db, source, everyMs, folder, keep, made, failed, firstMs = FIRST_MS }: ScheduledBackupsOptions): ScheduledBackups {
  const turn = { everyMs, turnMs: Math.min(TURN_MS, everyMs) }
  let timer: NodeJS.Timeout | undefined
  let working: Promise<void> | null = null
  let child: ChildProcess | null = null
  let isStopped = false

  async function look(): Promise<void> {
    try {
      if (await nextBackupMs(db, turn) <= 0 && await takeBackupTurn(db, turn))
        await make()
    }
    catch (error) {
      if (!isStopped)
        failed(error)
    }
    const inMs = await nextBackupMs(db, turn).catch(() => turn.turnMs)
    if (!isStopped)
      set(Math.min(Math.max(inMs, 1_000), LOOK_MS))
  }

  async function make(): Promise<void> {
    const file = join(folder, backupFileName(new Date()))
    const keeping = setInterval(() => void keepBackupTurn(db).catch(() => {}), KEEP_TURN_MS) // the next one may come through
    try {
      await removeLeftOvers(folder)
      const answer = await ask({ source, file })
      if (!answer.ok)
        throw new Error(answer.problem)
      await noteBackup(db)
      const removed = await removeOldBackups(folder, keep)
      made({ file, sizeBytes: answer.sizeBytes, runs: answer.runs, removed: removed.length })
    }
    finally {
      clearInterval(keeping)
    }
  }

  async function ask(order: BackupOrder): Promise<BackupAnswer> {
    if (isStopped)
      throw new Error('the server ends')
    const started = spawn(process.execPath, [BACKUP_MAIN], { stdio: ['pipe', 'pipe', 'inherit'] })
    child = started
    started.stdin.on('error', () => {}) // it has ended: its answer says why, or its exit does
    started.stdin.write(`${JSON.stringify(order)}\n`)
    const [said, [code, signal]] = await Promise.all([text(started.stdout), once(started, 'close') as Promise<[number | null, string | null]>]) // what the event carries
    child = null
    if (said === '')
      throw new Error(`the process of the backup ended with ${signal ?? code} and no word`)
    return JSON.parse(said) as BackupAnswer // written by our own process
  }

  function set(inMs: number): void {
    timer = setTimeout(() => void (working = look()), inMs)
  }

  return {
    start() {
      if (!timer && !isStopped)
        set(firstMs)
    },
    async stop() {
      isStopped = true
      clearTimeout(timer)
      child?.stdin?.end() // it removes what it has begun
      await working
    },
  }
}
