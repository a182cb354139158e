import type { NewEvent } from '../domain/event.ts'
import type { Database } from './database.ts'
import type { RunEnd } from './end-run.ts'
import type { RunRef } from './run-append.ts'
import { END_REASONS } from '../domain/run.ts'
import { postgresqlSql } from './sql.postgresql.ts'
import { storable } from './text.ts'

const { now, epochMs } = postgresqlSql

export interface EndOf { ref: RunRef, end: RunEnd, mark: string }

/** One statement, so one commit: the rows are ended, each log gets its `run.ended` made of its own row, and the attempts are closed. */
const END = `WITH moved AS (
    UPDATE runs SET "status" = x.status, "reason" = x.reason, "detail" = x.detail, "mark" = x.mark, "lastSeq" = "lastSeq" + 1,
      "endedAt" = ${now}, "host" = NULL, "leaseUntil" = NULL, "now" = NULL, "waitingFor" = NULL
    FROM jsonb_to_recordset($1::jsonb) AS x (id text, fence int, status text, reason text, detail text, mark text, survivors int)
    WHERE runs."id" = x.id AND runs."fence" = x.fence AND runs."status" = 'running'
    RETURNING runs.*, x.survivors
  ),
  told AS (
    INSERT INTO events ("runId", "seq", "organisationId", "actor", "attempt", "type", "at", "data")
    SELECT "id", "lastSeq", "organisationId", coalesce("worker", ''), "attempt", 'run.ended', "endedAt", json_build_object('status', "status", 'reason', "reason", 'detail', "detail",
      'steps', "steps", 'outputBytes', "outputBytes", 'tokens', "tokens", 'costUsd', "costUsd",
      'durationMs', coalesce(greatest(0, round(extract(epoch FROM "endedAt" - "startedAt") * 1000)::bigint), 0), 'survivors', survivors)::text
    FROM moved
    RETURNING "runId", "seq", "attempt", "at", "data"
  ),
  closed AS (
    UPDATE attempts SET "endedAt" = moved."endedAt", "reason" = moved."reason", "detail" = moved."detail"
    FROM moved WHERE attempts."runId" = moved."id" AND attempts."attempt" = moved."attempt"
  )
  SELECT "runId", "seq", "attempt", ${epochMs('"at"')} AS "at", "data" FROM told`

/** Resolves to the last seq of each run that was held, and is ended now. */
export async function endAtOnce(db: Database, ends: EndOf[]): Promise<Map<string, number>> {
  const asked = ends.map(({ ref, end: { reason, detail, survivors = 0 }, mark }) =>
    ({ id: ref.runId, fence: ref.fence, status: END_REASONS[reason].status, reason, detail: storable(detail), mark, survivors }))
  const [rows] = await db.batch([{ sql: END, params: [JSON.stringify(asked)] }])
  for (const row of rows!) {
    const data = JSON.parse(String(row.data)) as Extract<NewEvent, { type: 'run.ended' }>['data'] // as END has written it
    const ended = { type: 'run.ended', at: new Date(Number(row.at)).toISOString(), data } as const
    db.moved({ runId: String(row.runId), attempt: Number(row.attempt), from: 'running', to: data.status, events: [ended] })
  }
  return new Map(rows!.map(row => [String(row.runId), Number(row.seq)]))
}
