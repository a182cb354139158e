import type { UsageReport, UsageRow } from '../domain/views/budget.ts'
import type { Days } from '../store/usage-report.ts'
import { z } from 'zod'
import { usageReport, usageRows } from '../store/usage-report.ts'
import { badRequest } from './fault.ts'
import { procedure, router } from './trpc.ts'

const DAY_MS = 86_400_000
const MOST_DAYS = 400

/** Days in UTC, both included. */
const range = z.object({ from: z.iso.date(), to: z.iso.date() })

export const usage = router({
  report: procedure
    .input(range)
    .query(({ ctx, input }): Promise<UsageReport> => usageReport(ctx.db, ctx.actor.organisationId, daysOf(input))),

  /** One row for each day, agent, person and model: what a spreadsheet wants. */
  rows: procedure
    .input(range)
    .query(({ ctx, input }): Promise<UsageRow[]> => usageRows(ctx.db, ctx.actor.organisationId, daysOf(input))),
})

function daysOf({ from, to }: z.output<typeof range>): Days {
  const days = { from: Date.parse(from) / DAY_MS, to: Date.parse(to) / DAY_MS }
  if (days.to < days.from || days.to - days.from >= MOST_DAYS)
    throw badRequest(`expected from: and to: in their order and at most ${MOST_DAYS} days, got ${from} and ${to}`)
  return days
}
