import type { FileHandle } from 'node:fs/promises'
import { open, rm } from 'node:fs/promises'

/** Bytes as they came, in memory as long as they are few, then in a file: what is held back for the disk is bounded. */
export interface Spool {
  write(bytes: Buffer): void
  /** False while the disk is behind. */
  hasRoom(): boolean
  /** Resolves when all of it is in the file. No more may be written. Never rejects. */
  finish(): Promise<Spooled>
  /** Removes what is on the disk. */
  discard(): Promise<void>
}

export interface Spooled {
  sizeBytes: number
  /** What was over the cap. */
  droppedBytes: number
  /** Why there is no file, in the system's words; null when there is one. */
  problem: string | null
}

const MEMORY_BYTES = 256 * 1024
const SMALL_BYTES = 4096
const MAX_WAITING_BYTES = 1024 * 1024

export function createSpool(o: { path: string, maxBytes: number, onRoom: () => void }): Spool {
  let sizeBytes = 0
  let droppedBytes = 0
  let waiting: Buffer[] = []
  let waitingBytes = 0
  let file: FileHandle | null = null
  let isOnDisk = false
  let writing: Promise<void> | null = null
  let problem: string | null = null
  return { write, hasRoom, finish, discard }

  function write(bytes: Buffer): void {
    const fitting = problem === null ? bytes.subarray(0, o.maxBytes - sizeBytes) : bytes.subarray(0, 0)
    sizeBytes += fitting.length
    droppedBytes += bytes.length - fitting.length
    if (fitting.length === 0)
      return
    hold(fitting)
    if (sizeBytes > MEMORY_BYTES)
      writing ??= pump()
  }

  /** Small pieces are copied together: each buffer costs more than its bytes. */
  function hold(bytes: Buffer): void {
    waitingBytes += bytes.length
    const last = waiting.at(-1)
    if (last && last.length + bytes.length <= SMALL_BYTES)
      waiting[waiting.length - 1] = Buffer.concat([last, bytes])
    else
      waiting.push(bytes)
  }

  function hasRoom(): boolean {
    return waitingBytes <= MAX_WAITING_BYTES
  }

  async function pump(): Promise<void> {
    try {
      isOnDisk = true
      file ??= await open(o.path, 'wx', 0o600)
      while (waiting.length > 0) {
        const batch = waiting
        const batchBytes = waitingBytes
        waiting = []
        for (const bytes of batch)
          await file.appendFile(bytes)
        waitingBytes -= batchBytes
        o.onRoom()
      }
    }
    catch (error) {
      problem = error instanceof Error ? error.message : String(error)
      droppedBytes += sizeBytes
      sizeBytes = 0
      waiting = []
      waitingBytes = 0
      await discard()
      o.onRoom()
    }
    writing = null
  }

  async function finish(): Promise<Spooled> {
    await writing
    if (problem === null && (waiting.length > 0 || !file)) {
      writing = pump()
      await writing
    }
    await file?.close().catch(() => {})
    file = null
    return { sizeBytes, droppedBytes, problem }
  }

  async function discard(): Promise<void> {
    if (writing && problem === null)
      await writing
    await file?.close().catch(() => {})
    file = null
    if (isOnDisk)
      await rm(o.path, { force: true }).catch(() => {}) // goes with the run's folder
    isOnDisk = false
  }
}
