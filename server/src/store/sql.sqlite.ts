import type { Sql } from './sql.ts'

/** Moments are integers of milliseconds, as the adapter's `unixepoch-ms` has them. */
export const sqliteSql: Sql = {
  dialect: 'sqlite',
  now: `CAST(round(unixepoch('subsec') * 1000) AS INTEGER)`,
  epochMs: column => column,
  instant: param => param,
  later: (moment, param) => `(${moment} + ${param})`,
  like: (column, param) => `${column} LIKE ${param} ESCAPE '\\'`,
  texts: param => `(SELECT value FROM json_each(${param}))`,
  insertEvents: (json, actor, where) => `INSERT INTO events ("runId", "seq", "organisationId", "actor", "attempt", "type", "at", "data")
    SELECT r."id", r."lastSeq" + (e.value->>0), r."organisationId", ${actor}, r."attempt", e.value->>1, e.value->>2, e.value->>3
    FROM json_each(${json}) AS e CROSS JOIN runs AS r WHERE ${where}`,
}
