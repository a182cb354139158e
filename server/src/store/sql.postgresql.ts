import type { Sql } from './sql.ts'

/** Moments are without a zone and in UTC, as Prisma has them, whatever the session's zone is. */
export const postgresqlSql: Sql = {
  dialect: 'postgresql',
  now: `(clock_timestamp() AT TIME ZONE 'UTC')`,
  epochMs: column => `round(extract(epoch FROM ${column}) * 1000)::float8`,
  instant: param => `(to_timestamp(${param}::float8 / 1000) AT TIME ZONE 'UTC')`,
  later: (moment, param) => `(${moment} + ${param}::float8 * interval '1 millisecond')`,
  like: (column, param) => `${column} ILIKE ${param} ESCAPE '\\'`,
  texts: param => `(SELECT jsonb_array_elements_text(${param}::jsonb))`,
  insertEvents: (json, actor, where) => `INSERT INTO events ("runId", "seq", "organisationId", "actor", "attempt", "type", "at", "data")
    SELECT r."id", r."lastSeq" + (e->>0)::int, r."organisationId", ${actor}, r."attempt", e->>1, to_timestamp((e->>2)::float8 / 1000) AT TIME ZONE 'UTC', e->>3
    FROM jsonb_array_elements(${json}::jsonb) AS e CROSS JOIN runs AS r WHERE ${where}`,
}
