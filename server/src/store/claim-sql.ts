import type { Sql } from './sql.ts'

export interface Claim {
  worker: string
  slots: number
  leaseMs: number
  /** The machine that claims; a run that is bound to another is left to it. null claims whatever it is bound to. */
  host?: string | null
  /** As `lookForDue` has just said; asked when it is left out. */
  isAnyLimited?: boolean
}

/** Its agent has a limit, of whatever kind. */
export const IS_LIMITED = `coalesce(a."concurrency", a."userConcurrency", a."keyConcurrency", a."rateRuns") IS NOT NULL`

/**
 * The common table `ready`: what may be claimed now, a little more than `slots` at most. Runs of agents without a limit come off the
 * queue's index in its order. Of agents with one, those for which nothing is full; then, limit after limit, as many as there is room
 * for, so that what one limit holds back takes no room of the next. Agents that are full cost nothing.
 */
export function readyRuns({ now, later }: Sql, slots: string, host: string): string {
  const due = dueRuns(now, host)
  const order = `ORDER BY "priority" DESC, "availableAt", "id"`
  return `busy AS (SELECT "agentId", "createdById", "concurrencyKey", count(*) AS "runs" FROM runs WHERE "status" = 'running' GROUP BY "agentId", "createdById", "concurrencyKey"),
  free AS (${freeRuns(now, slots, host)}),
  limits AS (
    SELECT a."id" AS "agentId", a."userConcurrency", a."keyConcurrency",
      a."concurrency" - coalesce((SELECT sum(b."runs") FROM busy AS b WHERE b."agentId" = a."id"), 0) AS "room",
      a."rateRuns" - (SELECT count(*) FROM runs AS s WHERE s."agentId" = a."id" AND s."startedAt" > ${later(now, '-a."rateMs"')}) AS "starts"
    FROM agents AS a WHERE ${IS_LIMITED}
  ),
  open AS (
    SELECT r."id", r."priority", r."availableAt", r."agentId", r."createdById", r."concurrencyKey", r."startedAt", l."room", l."starts",
      l."userConcurrency" - coalesce((SELECT sum(b."runs") FROM busy AS b WHERE b."agentId" = r."agentId" AND b."createdById" = r."createdById"), 0) AS "userRoom",
      CASE WHEN r."concurrencyKey" IS NULL THEN NULL
        ELSE l."keyConcurrency" - coalesce((SELECT sum(b."runs") FROM busy AS b WHERE b."agentId" = r."agentId" AND b."concurrencyKey" = r."concurrencyKey"), 0) END AS "keyRoom"
    FROM limits AS l CROSS JOIN runs AS r
    WHERE (l."room" IS NULL OR l."room" > 0) AND r."agentId" = l."agentId" AND ${due}
  ),
  by_user AS (
    SELECT *, row_number() OVER (PARTITION BY "agentId", "createdById" ${order}) AS "userPlace" FROM open
    WHERE ("userRoom" IS NULL OR "userRoom" > 0) AND ("keyRoom" IS NULL OR "keyRoom" > 0) AND ("starts" IS NULL OR "starts" > 0 OR "startedAt" IS NOT NULL)
  ),
  by_key AS (
    SELECT *, row_number() OVER (PARTITION BY "agentId", "concurrencyKey" ${order}) AS "keyPlace" FROM by_user WHERE "userRoom" IS NULL OR "userPlace" <= "userRoom"
  ),
  by_rate AS (
    SELECT *, row_number() OVER (PARTITION BY "agentId", "startedAt" IS NULL ${order}) AS "ratePlace" FROM by_key WHERE "keyRoom" IS NULL OR "keyPlace" <= "keyRoom"
  ),
  limited AS (
    SELECT *, row_number() OVER (PARTITION BY "agentId" ${order}) AS "place" FROM by_rate WHERE "starts" IS NULL OR "startedAt" IS NOT NULL OR "ratePlace" <= "starts"
  ),
  ready AS (
    SELECT "id", "priority", "availableAt" FROM free
    UNION ALL SELECT "id", "priority", "availableAt" FROM limited WHERE "room" IS NULL OR "place" <= "room"
  )`
}

/** Those of agents without a limit alone. */
export function freeRuns(now: string, slots: string, host: string): string {
  return `SELECT r."id", r."priority", r."availableAt" FROM runs AS r CROSS JOIN agents AS a
    WHERE ${dueRuns(now, host)} AND a."id" = r."agentId" AND NOT (${IS_LIMITED})
    ORDER BY r."priority" DESC, r."availableAt", r."id" LIMIT ${slots}`
}

function dueRuns(now: string, host: string): string {
  return `r."status" = 'queued' AND r."availableAt" <= ${now} AND (r."host" IS NULL OR ${host} IS NULL OR r."host" = ${host})`
}
