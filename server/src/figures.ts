import type { Database } from './store/database.ts'
import type { Work } from './work.ts'
import { statfs } from 'node:fs/promises'
import { lastBackupAt } from './store/backup-turns.ts'
import { ping } from './store/database.ts'
import { waitingFigures } from './store/figures.ts'
import { countRuns } from './store/runs.ts'

/** A database that has not answered by then counts as down. */
const PING_MS = 2_000

/** What metrics ask of the database at each scrape. */
export async function storedFigures(db: Database, { organisationId, presence }: { organisationId: string, presence: Work['presence'] }) {
  const [counts, waiting, known, lastBackup] = await Promise.all([
    countRuns(db, organisationId),
    waitingFigures(db),
    presence.list(organisationId),
    lastBackupAt(db),
  ])
  const count = (state: string) => known.filter(({ view }) => view.role !== 'server' && view.state === state).length
  return { counts, ...waiting, workers: { up: count('up'), draining: count('draining'), lost: count('lost') }, lastBackupAt: lastBackup }
}

export async function isDatabaseUp(db: Database): Promise<boolean> {
  return answersInTime(ping(db))
}

/** Of the disk that has this folder; null: what cannot be known is not said. */
export function diskOf(path: string): Promise<{ freeBytes: number, sizeBytes: number } | null> {
  return statfs(path).then(({ bavail, blocks, bsize }) => ({ freeBytes: bavail * bsize, sizeBytes: blocks * bsize }), () => null)
}

async function answersInTime(answer: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, PING_MS, false)
  })
  try {
    return await Promise.race([answer.then(() => true, () => false), late])
  }
  finally {
    clearTimeout(timer)
  }
}
