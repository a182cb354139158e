import type { AgentRow } from './agent-row.ts'
import type { Database } from './database.ts'

interface Key { id: string, version: number }

/** Agent versions that were read. */
export interface KnownVersions {
  has: (key: Key) => boolean
  get: (key: Key) => AgentRow | undefined
  keep: (row: AgentRow) => void
}

/** As many as are likely to be used in turns. */
const LIMIT = 200

const ofDatabase = new WeakMap<Database, KnownVersions>()

/** Never change what it hands out: others have the same. */
export function knownVersions(db: Database): KnownVersions {
  const known = ofDatabase.get(db) ?? createKnownVersions()
  ofDatabase.set(db, known)
  return known
}

function createKnownVersions(): KnownVersions {
  const rows = new Map<string, AgentRow>()
  const nameOf = ({ id, version }: Key): string => `${id} ${version}`
  const keep = (row: AgentRow): void => {
    rows.delete(nameOf(row))
    rows.set(nameOf(row), row)
    if (rows.size > LIMIT)
      rows.delete(rows.keys().next().value!) // the one that was not asked for the longest
  }
  return {
    has: key => rows.has(nameOf(key)),
    get(key) {
      const row = rows.get(nameOf(key))
      if (row)
        keep(row)
      return row
    },
    keep,
  }
}
