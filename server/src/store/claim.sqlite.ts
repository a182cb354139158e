import type { Claim } from './claim-sql.ts'
import type { Statement } from './driver.ts'
import { readyRuns } from './claim-sql.ts'
import { sqliteSql } from './sql.sqlite.ts'

const { now } = sqliteSql

const TAKE = `WITH ${readyRuns(sqliteSql, '$4', '$5')}
  UPDATE runs SET "status" = 'running', "mark" = $1, "worker" = $2, "fence" = "fence" + 1, "attempt" = "attempt" + 1, "lastSeq" = "lastSeq" + 1,
    "leaseUntil" = ${now} + $3, "startedAt" = coalesce("startedAt", ${now}), "now" = NULL
  WHERE "id" IN (SELECT "id" FROM ready ORDER BY "priority" DESC, "availableAt", "id" LIMIT $4)
  RETURNING "id", "fence", "attempt"`

const ATTEMPTS = `INSERT INTO attempts ("runId", "attempt", "organisationId", "fence", "worker", "startedAt")
  SELECT "id", "attempt", "organisationId", "fence", "worker", ${now} FROM runs WHERE "status" = 'running' AND "mark" = $1`

const EVENTS = `INSERT INTO events ("runId", "seq", "organisationId", "actor", "attempt", "type", "at", "data")
  SELECT "id", "lastSeq", "organisationId", "worker", "attempt", 'attempt.started', ${now}, json_object('worker', "worker", 'fence', "fence") FROM runs WHERE "status" = 'running' AND "mark" = $1`

/** The first statement takes the runs, the others find them by its mark. */
export function sqliteClaim(mark: string, { worker, slots, leaseMs, host = null }: Claim): Statement[] {
  return [{ sql: TAKE, params: [mark, worker, leaseMs, slots, host] }, { sql: ATTEMPTS, params: [mark] }, { sql: EVENTS, params: [mark] }]
}
