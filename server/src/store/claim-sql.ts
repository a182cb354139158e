import type { Sql } from './sql.ts'

export interface Claim { worker: string, slots: number, leaseMs: number }

/**
 * The common table `ready`: what may be claimed now, a little more than `slots` at most. Runs of agents without a limit come off the
 * queue's index in its order; of agents with one, as many as there is room for. Agents that are full cost nothing.
 */
export function readyRuns({ now }: Sql, slots: string): string {
  return `busy AS (SELECT "agentId", count(*) AS "runs" FROM runs WHERE "status" = 'running' GROUP BY "agentId"),
  free AS (
    SELECT r."id", r."priority", r."availableAt" FROM runs AS r CROSS JOIN agents AS a
    WHERE r."status" = 'queued' AND r."availableAt" <= ${now} AND a."id" = r."agentId" AND a."concurrency" IS NULL
    ORDER BY r."priority" DESC, r."availableAt", r."id" LIMIT ${slots}
  ),
  limited AS (
    SELECT r."id", r."priority", r."availableAt", a."concurrency" - coalesce(b."runs", 0) AS "room",
      row_number() OVER (PARTITION BY r."agentId" ORDER BY r."priority" DESC, r."availableAt", r."id") AS "place"
    FROM agents AS a LEFT JOIN busy AS b ON b."agentId" = a."id" CROSS JOIN runs AS r
    WHERE a."concurrency" > coalesce(b."runs", 0) AND r."agentId" = a."id" AND r."status" = 'queued' AND r."availableAt" <= ${now}
  ),
  ready AS (
    SELECT "id", "priority", "availableAt" FROM free
    UNION ALL SELECT "id", "priority", "availableAt" FROM limited WHERE "place" <= "room"
  )`
}
