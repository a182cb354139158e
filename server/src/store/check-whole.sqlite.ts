import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import { DatabaseError } from './errors.ts'

/** What SQLite would take for a new database, or would notice only when it comes to the missing page. */
export function checkWhole(path: string): void {
  const sizeBytes = statSync(path).size
  if (sizeBytes === 0)
    throw new DatabaseError('damaged', `${path} is empty: it was cut short. Restore it from a backup, or delete it to begin anew`)
  const header = Buffer.alloc(100)
  const file = openSync(path, 'r')
  readSync(file, header, 0, 100, 0)
  closeSync(file)
  if (header.toString('latin1', 0, 15) !== 'SQLite format 3')
    throw new DatabaseError('damaged', `${path} is not an SQLite database: check DATABASE_URL, or restore the file from a backup. It was left as it is`)
  const pageBytes = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16)
  const hasLog = existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0 // then pages may still be in there
  if (!hasLog && sizeBytes < header.readUInt32BE(28) * pageBytes)
    throw new DatabaseError('damaged', `${path} was cut short (${sizeBytes} bytes of ${header.readUInt32BE(28) * pageBytes}): restore it from a backup. It was left as it is`)
}
