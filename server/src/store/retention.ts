import type { Database } from './database.ts'
import { readVersions } from './agents.ts'

export interface AgentRetention {
  organisationId: string
  agentId: string
  /** Of its newest manifest; null: it says nothing. */
  retentionMs: number | null
}

export async function listRetentions(db: Database, organisationId?: string): Promise<AgentRetention[]> {
  const where = organisationId === undefined ? {} : { organisationId }
  const agents = await db.ask(prisma => prisma.agent.findMany({ where, orderBy: { id: 'asc' }, select: { id: true, version: true } }))
  const rows = await readVersions(db, agents)
  return rows.map(row => ({ organisationId: row.organisationId, agentId: row.id, retentionMs: row.manifest.retentionMs }))
}

export interface EndedRun { organisationId: string, id: string, events: number }

/** Those that ended first and are not held. */
export async function oldestEnded(db: Database, limit: number): Promise<EndedRun[]> {
  const organisations = await db.ask(prisma => prisma.organisation.findMany({ select: { id: true } }))
  const pages = await Promise.all(organisations.map(({ id }) => db.read({
    sql: `SELECT "organisationId", "id", "lastSeq" AS "events", ${db.sql.epochMs('"endedAt"')} AS "endedAt" FROM runs
      WHERE "organisationId" = $1 AND "endedAt" IS NOT NULL AND "heldAt" IS NULL ORDER BY "endedAt" LIMIT ${limit}`,
    params: [id],
  })))
  return pages.flat().sort((a, b) => Number(a.endedAt) - Number(b.endedAt)).slice(0, limit) as unknown as EndedRun[] // the columns named above
}

/** What the database and the artifacts hold, without space that is free to be used again; and how many events that is. */
export async function storedBytes(db: Database): Promise<{ bytes: number, events: number }> {
  const [[database], [artifacts], [runs]] = await Promise.all([
    db.read({ sql: db.dialect === 'sqlite' ? SQLITE_BYTES : POSTGRESQL_BYTES, params: [] }),
    db.read({ sql: KEPT_BYTES, params: [] }),
    db.read({ sql: 'SELECT coalesce(sum("lastSeq"), 0) AS "events" FROM runs', params: [] }),
  ])
  return { bytes: Number(database!.bytes) + Number(artifacts!.bytes), events: Number(runs!.events) } // one row each, always
}

/** What runs began with is of the size of what they left, near enough. */
const KEPT_BYTES = `SELECT coalesce(sum("sizeBytes"), 0) AS "bytes" FROM (SELECT DISTINCT "sha256", "sizeBytes" FROM artifacts
  UNION SELECT DISTINCT "sha256", "sizeBytes" FROM workspace_files WHERE "sha256" IS NOT NULL UNION SELECT "sha256", "sizeBytes" FROM checkpoints) AS kept`

const SQLITE_BYTES = `SELECT ((SELECT "page_count" FROM pragma_page_count()) - (SELECT "freelist_count" FROM pragma_freelist_count())) * (SELECT "page_size" FROM pragma_page_size()) AS "bytes"`

/**
 * Deleted rows leave free space in the files, which only shrink now and then: so by the part of the log's files that rows fill. What is
 * kept is counted by itself.
 */
const POSTGRESQL_BYTES = `SELECT (pg_database_size(current_database()) - pg_total_relation_size('blob_chunks')) * least(1, (SELECT coalesce(sum(pg_column_size("data") + 120), 0) FROM events)::float8 / greatest(1, pg_table_size('events'))) AS "bytes"`

/** Of each schedule the newest ticks stay. */
export async function trimTicks(db: Database, keep: number): Promise<void> {
  const long = await db.read({ sql: `SELECT "scheduleId" FROM schedule_ticks GROUP BY "scheduleId" HAVING count(*) > ${keep}`, params: [] })
  for (const { scheduleId } of long) {
    await db.batch([{
      sql: `DELETE FROM schedule_ticks WHERE "scheduleId" = $1 AND "outcome" <> 'waiting'
        AND "tickAt" < (SELECT "tickAt" FROM schedule_ticks WHERE "scheduleId" = $1 ORDER BY "tickAt" DESC LIMIT 1 OFFSET ${keep - 1})`,
      params: [scheduleId!],
    }])
  }
}
