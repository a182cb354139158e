import type { EachStatement, Param, Row, Statement } from './driver.ts'
import type { RunAppend } from './run-append.ts'
import { sqliteSql } from './sql.sqlite.ts'

const TAKE_SEQS = `UPDATE runs SET
    "lastSeq" = runs."lastSeq" + x.n, "lastAppend" = $2, "steps" = max(runs."steps", x.steps), "recorded" = runs."recorded" + x.recorded, "outputBytes" = runs."outputBytes" + x.bytes, "tokens" = runs."tokens" + x.tokens,
    "costUsd" = CASE WHEN x.cost IS NULL THEN runs."costUsd" ELSE coalesce(runs."costUsd", 0) + x.cost END,
    "now" = CASE WHEN x.moved THEN x.now ELSE runs."now" END, "isolation" = coalesce(x.level, runs."isolation"), "isolationBy" = coalesce(x.levelBy, runs."isolationBy")
  FROM (SELECT value->>0 AS id, value->>1 AS fence, value->>2 AS n, value->>3 AS steps, value->>4 AS bytes, value->>5 AS tokens, value->>6 AS cost,
    value->>7 AS moved, value->>8 AS now, value->>9 AS level, value->>10 AS levelBy, value->>11 AS recorded FROM json_each($1)) AS x
  WHERE runs."id" = x.id AND runs."fence" = x.fence AND runs."status" = 'running'
  RETURNING "id", "lastSeq", "organisationId", "worker", "attempt", "agentId", "createdById", ${sqliteSql.now} AS "nowMs"`

/** So many events go in with one statement; the rest of a batch one by one. */
const CHUNK = 20

function insert(rows: number): string {
  return `INSERT INTO events ("runId", "seq", "organisationId", "actor", "attempt", "type", "at", "data") VALUES ${Array.from({ length: rows }).fill('(?, ?, ?, ?, ?, ?, ?, ?)').join(', ')}`
}
const INSERT_CHUNK = insert(CHUNK)
const INSERT_ONE = insert(1)

/**
 * One statement takes the rows of all runs and their seqs, then compiled inserts write the events. SQLite is a call, not a server: in
 * the same transaction this takes a quarter less than one insert that reads the events out of a JSON parameter.
 */
export function sqliteAppend(token: string, runs: RunAppend[]): (Statement | EachStatement)[] {
  const heads = runs.map(({ ref, events, progress: p }) => [
    ref.runId, ref.fence, events.length, p.steps, p.outputBytes, p.tokens, p.costUsd, p.now === undefined ? 0 : 1, p.now ?? null, p.isolation,
    p.isolationBy,
    p.recorded,
  ])
  let rest: Param[][] = []
  const chunks = ([taken]: Row[][]): Param[][] => {
    const lines = linesOf(taken!, runs)
    const inChunks = lines.length - lines.length % CHUNK
    rest = lines.slice(inChunks)
    return Array.from({ length: inChunks / CHUNK }, (_, index) => lines.slice(index * CHUNK, (index + 1) * CHUNK).flat())
  }
  return [{ sql: TAKE_SEQS, params: [JSON.stringify(heads), token] }, { sql: INSERT_CHUNK, each: chunks }, { sql: INSERT_ONE, each: () => rest }]
}

/** Of the runs that were taken alone. */
function linesOf(taken: Row[], runs: RunAppend[]): Param[][] {
  const byId = new Map(runs.map(run => [run.ref.runId, run.events]))
  return taken.flatMap(({ id, lastSeq, organisationId, worker, attempt }) => {
    const events = byId.get(id as string)! // the ids that were asked for
    const base = (lastSeq as number) - events.length // the column is an integer
    return events.map(({ type, atMs, data }, index) => [id!, base + index + 1, organisationId!, worker!, attempt!, type, atMs, data])
  })
}
