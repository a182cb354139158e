import type { Claim } from './claim-sql.ts'
import type { Statement } from './driver.ts'
import { freeRuns, readyRuns } from './claim-sql.ts'
import { postgresqlSql } from './sql.postgresql.ts'

const { now } = postgresqlSql

/**
 * Claims of agents with limits take turns: two at once would each see room for one more run of an agent. A statement of its own, so that the next one sees
 * what the claim before has done.
 */
const TURN = 'SELECT pg_advisory_xact_lock(4700002)'

/** `picked` is the common table of what is taken: rows that nobody else is taking at the moment. */
function take(picked: string): string {
  return `WITH ${picked},
  taken AS (
    UPDATE runs SET "status" = 'running', "mark" = $1, "worker" = $2, "fence" = "fence" + 1, "attempt" = "attempt" + 1, "lastSeq" = "lastSeq" + 1,
      "leaseUntil" = ${postgresqlSql.later(now, '$3')}, "startedAt" = coalesce("startedAt", ${now}), "now" = NULL
    FROM picked WHERE runs."id" = picked."id"
    RETURNING runs.*
  ),
  attempted AS (
    INSERT INTO attempts ("runId", "attempt", "organisationId", "fence", "worker", "startedAt")
    SELECT "id", "attempt", "organisationId", "fence", "worker", ${now} FROM taken
  ),
  told AS (
    INSERT INTO events ("runId", "seq", "organisationId", "actor", "attempt", "type", "at", "data")
    SELECT "id", "lastSeq", "organisationId", "worker", "attempt", 'attempt.started', ${now}, json_build_object('worker', "worker", 'fence', "fence")::text FROM taken
  )
  SELECT "id", "fence", "attempt" FROM taken`
}

const CLAIM = take(`${readyRuns(postgresqlSql, '$4', '$5::text')},
  picked AS (
    SELECT r."id" FROM runs AS r JOIN ready USING ("id") WHERE r."status" = 'queued'
    ORDER BY r."priority" DESC, r."availableAt", r."id" LIMIT $4 FOR UPDATE OF r SKIP LOCKED
  )`)

/** Nothing to count, so nobody waits for anybody. */
const CLAIM_FREE = take(`picked AS (${freeRuns(now, '$4', '$5::text')} FOR UPDATE OF r SKIP LOCKED)`)

export function postgresqlClaim(mark: string, { worker, slots, leaseMs, host = null }: Claim, isAnyLimited: boolean): Statement[] {
  if (!isAnyLimited)
    return [{ sql: CLAIM_FREE, params: [mark, worker, leaseMs, slots, host] }]
  return [{ sql: TURN, params: [] }, { sql: CLAIM, params: [mark, worker, leaseMs, slots, host] }]
}
