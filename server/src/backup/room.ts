import { statfs } from 'node:fs/promises'
import { BackupError } from './backup-error.ts'

/** What this user may still write there. */
export async function roomIn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

/** Asked before anything is written: a disk that is filled by a backup takes the server with it. */
export async function checkRoom(folder: string, neededBytes: number): Promise<void> {
  const freeBytes = await roomIn(folder)
  if (freeBytes < neededBytes)
    throw new BackupError(`${folder} has ${mebibytes(freeBytes)} free, and up to ${mebibytes(neededBytes)} are needed: free some space, or name another folder`)
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 / 1024)} MiB`
}
