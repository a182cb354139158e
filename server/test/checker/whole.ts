import type { Database } from '../../src/store/database.ts'
import type { Violation } from './rules.ts'
import { readFileSync } from 'node:fs'
import { RUN_STATUSES } from '../../src/domain/run.ts'

export async function checkKeptCounts(db: Database): Promise<Violation[]> {
  const counted = await db.read({ sql: `SELECT "organisationId", "status", count(*) AS "runs" FROM runs GROUP BY 1, 2`, params: [] })
  const kept = await db.read({ sql: `SELECT "organisationId", "status", sum("runs") AS "runs" FROM run_tallies GROUP BY 1, 2`, params: [] })
  const number = (rows: typeof kept, organisationId: unknown, status: string): number =>
    Number(rows.find(row => row.organisationId === organisationId && row.status === status)?.runs ?? 0)
  const organisations = new Set([...counted, ...kept].map(row => row.organisationId))
  return [...organisations].flatMap(organisation => RUN_STATUSES.flatMap((status) => {
    const [real, said] = [number(counted, organisation, status), number(kept, organisation, status)]
    return real === said ? [] : [{ rule: 'kept counts', where: `organisation ${String(organisation)}`, found: `${real} runs are ${status} and the kept count says ${said}` } as const]
  }))
}

export async function checkOrphans(db: Database): Promise<Violation[]> {
  const rows = await db.read({ sql: 'SELECT DISTINCT "runId" FROM events WHERE "runId" NOT IN (SELECT "id" FROM runs)', params: [] })
  return rows.map(row => ({ rule: 'orphans', where: `run ${String(row.runId)}`, found: 'its events are there, and the run is not' }))
}

export async function checkTicks(db: Database): Promise<Violation[]> {
  const { epochMs } = db.sql
  const doubled = await db.read({ sql: `SELECT "scheduleId", ${epochMs('"tickAt"')} AS "tickAt", count(*) AS "runs" FROM runs WHERE "scheduleId" IS NOT NULL AND "tickAt" IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1`, params: [] })
  const elsewhere = await db.read({ sql: `SELECT t."scheduleId", ${epochMs('t."tickAt"')} AS "tickAt", t."runId" FROM schedule_ticks AS t JOIN runs AS r ON r."id" = t."runId" WHERE r."scheduleId" IS NULL OR r."scheduleId" <> t."scheduleId" OR r."tickAt" IS NULL OR r."tickAt" <> t."tickAt"`, params: [] })
  const tick = (row: (typeof doubled)[number]): string => `schedule ${String(row.scheduleId)}, tick ${new Date(Number(row.tickAt)).toISOString()}`
  return [
    ...doubled.map(row => ({ rule: 'one run per tick', where: tick(row), found: `it has ${Number(row.runs)} runs` } as const)),
    ...elsewhere.map(row => ({ rule: 'one run per tick', where: tick(row), found: `it names run ${String(row.runId)}, which is of another tick` } as const)),
  ]
}

/** Every column of every table, for the value as it is and in the forms in which it may travel; on SQLite the bytes of the files too. */
export async function checkCanary(db: Database, canary: string, files: string[] = []): Promise<Violation[]> {
  const forms = [canary, Buffer.from(canary).toString('base64').replace(/=+$/, ''), Buffer.from(canary).toString('hex'), encodeURIComponent(canary)]
  const columns = await db.read({
    sql: db.dialect === 'sqlite'
      ? `SELECT m.name AS "table", c.name AS "column" FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'`
      : `SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns WHERE table_schema = 'public'`,
    params: [],
  })
  const violations: Violation[] = []
  for (const { table, column } of columns) {
    for (const form of new Set(forms)) {
      const place = db.dialect === 'sqlite' ? `instr(CAST("${String(column)}" AS TEXT), $1)` : `strpos("${String(column)}"::text, $1)`
      const [row] = await db.read({ sql: `SELECT count(*) AS "rows" FROM "${String(table)}" WHERE ${place} > 0`, params: [form] })
      if (Number(row!.rows) > 0)
        violations.push({ rule: 'canary', where: `${String(table)}.${String(column)}`, found: `${Number(row!.rows)} rows have the secret` })
    }
  }
  const torn = files.filter(file => forms.some(form => readFileSync(file).includes(form)))
  return [...violations, ...torn.map(file => ({ rule: 'canary', where: file, found: 'its bytes have the secret' } as const))]
}
