import { DatabaseError } from './errors.ts'

/** What the driver threw, in words for a person; anything else as it is. */
export function sqliteDatabaseError(error: unknown, path = 'the database file'): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const known = KNOWN.find(([prefix]) => code.startsWith(prefix))
  return known ? new DatabaseError(known[1], known[2](path), { cause: error }) : error
}

const KNOWN: [string, DatabaseError['code'], (path: string) => string][] = [
  ['SQLITE_BUSY', 'busy', path => `${path} is locked by another process and stayed so for 10 s: close the program that has it open (a database browser, a backup)`],
  ['SQLITE_LOCKED', 'busy', path => `${path} is locked by another process`],
  ['SQLITE_FULL', 'full', path => `there is no space left for ${path}: free some space; what was answered is stored`],
  ['SQLITE_IOERR', 'full', path => `${path} could not be read or written: is the disk full or failing? What was answered is stored`],
  ['SQLITE_READONLY', 'read_only', path => `${path} cannot be written: give this user the right to write the file and its folder`],
  ['SQLITE_CANTOPEN', 'read_only', path => `${path} cannot be opened: does its folder exist, and may this user write there?`],
  ['SQLITE_PERM', 'read_only', path => `${path} cannot be opened: this user may not`],
  ['SQLITE_CORRUPT', 'damaged', path => `${path} is damaged: restore it from a backup. It was left as it is`],
  ['SQLITE_NOTADB', 'damaged', path => `${path} is not an SQLite database: check DATABASE_URL, or restore the file from a backup. It was left as it is`],
]
