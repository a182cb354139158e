import type { Statement } from './driver.ts'
import type { RunAppend } from './run-append.ts'

const TAKE_SEQS = `UPDATE runs SET
    "lastSeq" = runs."lastSeq" + x.n, "lastAppend" = $2, "steps" = max(runs."steps", x.steps), "outputBytes" = runs."outputBytes" + x.bytes, "tokens" = runs."tokens" + x.tokens,
    "costUsd" = CASE WHEN x.cost IS NULL THEN runs."costUsd" ELSE coalesce(runs."costUsd", 0) + x.cost END,
    "now" = CASE WHEN x.moved THEN x.now ELSE runs."now" END, "isolation" = coalesce(x.level, runs."isolation"), "isolationBy" = coalesce(x.levelBy, runs."isolationBy")
  FROM (SELECT value->>0 AS id, value->>1 AS fence, value->>2 AS n, value->>3 AS steps, value->>4 AS bytes, value->>5 AS tokens, value->>6 AS cost,
    value->>7 AS moved, value->>8 AS now, value->>9 AS level, value->>10 AS levelBy FROM json_each($1)) AS x
  WHERE runs."id" = x.id AND runs."fence" = x.fence AND runs."status" = 'running'
  RETURNING "id", "lastSeq"`

/** Only to the runs that the first statement has marked. An offset is 0 for the last event of its run. */
const INSERT = `INSERT INTO events ("runId", "seq", "organisationId", "actor", "attempt", "type", "at", "data")
  SELECT r."id", r."lastSeq" + (e.value->>1), r."organisationId", r."worker", r."attempt", e.value->>2, e.value->>3, e.value->>4
  FROM json_each($1) AS e CROSS JOIN runs AS r WHERE r."id" = e.value->>0 AND r."lastAppend" = $2`

export function sqliteAppend(token: string, runs: RunAppend[]): Statement[] {
  const heads = runs.map(({ ref, events, progress: p }) =>
    [ref.runId, ref.fence, events.length, p.steps, p.outputBytes, p.tokens, p.costUsd, p.now === undefined ? 0 : 1, p.now ?? null, p.isolation, p.isolationBy])
  const lines = runs.flatMap(({ ref, events }) => events.map(({ type, atMs, data }, index) => [ref.runId, index + 1 - events.length, type, atMs, data]))
  return [{ sql: TAKE_SEQS, params: [JSON.stringify(heads), token] }, { sql: INSERT, params: [JSON.stringify(lines), token] }]
}
