import type { BigIntStats } from 'node:fs'
import { createReadStream } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { walkTree } from './walk-tree.ts'

/** What a file was when the run began. */
export interface StartEntry {
  kind: 'file' | 'link'
  sizeBytes: number
  mode: number
  /** With its fraction: rounded here too, it can be a millisecond off after a copy, which rounds as well. */
  mtimeMs: number
  /** Nobody but the system sets it: a file that still has it has not been touched. Empty where it says nothing. */
  ctime: string
}

export type StartState = Map<string, StartEntry>

const MAX_ENTRIES = 400_000

/** Notes what a workspace has been filled with, before anybody but us has had it. No file is read: what changes one changes its ctime. */
export async function recordStart(workspacePath: string, file: string, signal: AbortSignal): Promise<void> {
  const state: StartState = new Map()
  await walkTree(workspacePath, { maxEntries: MAX_ENTRIES, signal }, async ({ path, kind, stats }) => {
    if (kind === 'file' || kind === 'link')
      state.set(path, startEntry(kind, stats))
  })
  await writeStart(file, state)
}

export function startEntry(kind: StartEntry['kind'], stats: BigIntStats): StartEntry {
  return { kind, sizeBytes: Number(stats.size), mode: Number(stats.mode) & 0o777, mtimeMs: Number(stats.mtimeNs) / 1e6, ctime: String(stats.ctimeNs) }
}

/**
 * Nobody has had it since. A clock that ticks in steps of milliseconds may give a write the same ctime; then its mtime or its size is
 * another, for the one that was noted is that of the file it was copied from.
 */
export function isUntouched(was: StartEntry | undefined, kind: string, stats: BigIntStats): boolean {
  if (was?.kind !== kind)
    return false
  const is = startEntry(was.kind, stats)
  return was.ctime === is.ctime && was.mtimeMs === is.mtimeMs && was.sizeBytes === is.sizeBytes
}

export async function writeStart(file: string, state: StartState): Promise<void> {
  await writeFile(`${file}.new`, linesOf(state), { mode: 0o600 })
  await rename(`${file}.new`, file)
}

function* linesOf(state: StartState): Generator<string> {
  for (const [path, { kind, sizeBytes, mode, mtimeMs, ctime }] of state)
    yield `${JSON.stringify([path, kind, sizeBytes, mode, mtimeMs, ctime])}\n`
}

/** Null where nothing was noted: the workspace began empty. */
export async function readStart(file: string): Promise<StartState | null> {
  const state: StartState = new Map()
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      const [path, kind, sizeBytes, mode, mtimeMs, ctime] = JSON.parse(line) as [string, StartEntry['kind'], number, number, number, string] // as written above
      state.set(path, { kind, sizeBytes, mode, mtimeMs, ctime })
    }
    return state
  }
  catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      return null
    throw error
  }
}
