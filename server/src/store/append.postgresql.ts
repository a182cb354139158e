import type { Statement } from './driver.ts'
import type { RunAppend } from './run-append.ts'
import { postgresqlSql } from './sql.postgresql.ts'

/** One statement: the run's row is taken and counted, and the events are inserted with the seqs that this gave. */
const APPEND = `WITH taken AS (
    UPDATE runs SET
      "lastSeq" = runs."lastSeq" + x.n, "lastAppend" = $3, "steps" = greatest(runs."steps", x.steps), "recorded" = runs."recorded" + x.recorded, "outputBytes" = runs."outputBytes" + x.bytes, "tokens" = runs."tokens" + x.tokens,
      "costUsd" = CASE WHEN x.cost IS NULL THEN runs."costUsd" ELSE coalesce(runs."costUsd", 0) + x.cost END,
      "now" = CASE WHEN x.moved THEN x.now ELSE runs."now" END, "isolation" = coalesce(x.level, runs."isolation"), "isolationBy" = coalesce(x."levelBy", runs."isolationBy")
    FROM jsonb_to_recordset($1::jsonb) AS x (id text, fence int, n int, steps int, recorded int, bytes bigint, tokens bigint, cost float8, moved boolean, now text, level text, "levelBy" text)
    WHERE runs."id" = x.id AND runs."fence" = x.fence AND runs."status" = 'running'
    RETURNING runs."id", runs."lastSeq", runs."organisationId", runs."worker", runs."attempt", runs."agentId", runs."createdById"
  ),
  inserted AS (
    INSERT INTO events ("runId", "seq", "organisationId", "actor", "attempt", "type", "at", "data")
    SELECT r."id", r."lastSeq" + e.o, r."organisationId", r."worker", r."attempt", e.t, to_timestamp(e.a / 1000) AT TIME ZONE 'UTC', e.d
    FROM jsonb_to_recordset($2::jsonb) AS e (r text, o int, t text, a float8, d text), taken AS r WHERE r."id" = e.r
  )
  SELECT "id", "lastSeq", "organisationId", "agentId", "createdById", ${postgresqlSql.epochMs(postgresqlSql.now)} AS "nowMs" FROM taken`

export function postgresqlAppend(token: string, runs: RunAppend[]): Statement[] {
  const heads = runs.map(({ ref, events, progress: p }) => ({
    id: ref.runId,
    fence: ref.fence,
    n: events.length,
    steps: p.steps,
    recorded: p.recorded,
    bytes: p.outputBytes,
    tokens: p.tokens,
    cost: p.costUsd,
    moved: p.now !== undefined,
    now: p.now ?? null,
    level: p.isolation,
    levelBy: p.isolationBy,
  }))
  const lines = runs.flatMap(({ ref, events }) =>
    events.map(({ type, atMs, data }, index) => ({ r: ref.runId, o: index + 1 - events.length, t: type, a: atMs, d: data })))
  return [{ sql: APPEND, params: [JSON.stringify(heads), JSON.stringify(lines), token] }]
}
