import type { EndReason, RunStatus } from '../domain/run.ts'
import type { Overview } from '../domain/views/system.ts'
import type { Database } from './database.ts'
import { countRuns } from './runs.ts'

const DAY_MS = 86_400_000

/** The figures of the overview that are in the database. Each is answered by an index. */
export async function overviewFigures(db: Database, organisationId: string): Promise<Pick<Overview, 'counts' | 'oldestQueuedAt' | 'finished' | 'failuresLastDay' | 'endedLastDay'>> {
  const endedAt = { gte: new Date(Date.now() - DAY_MS) }
  const [counts, oldest, finished, byReason] = await Promise.all([
    countRuns(db, organisationId),
    db.ask(prisma => prisma.run.findFirst({ where: { organisationId, status: 'queued' }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }], select: { createdAt: true } })),
    db.ask(prisma => prisma.run.findMany({ where: { organisationId, endedAt: { not: null } }, orderBy: { endedAt: 'desc' }, take: 48, select: { id: true, status: true } })),
    db.ask(prisma => prisma.run.groupBy({ by: ['status', 'reason'], where: { organisationId, endedAt }, _count: true })),
  ])
  return {
    counts,
    oldestQueuedAt: oldest?.createdAt.toISOString() ?? null,
    finished: finished.reverse().map(({ id, status }) => ({ id, status: status as RunStatus })), // the column is written from that type
    failuresLastDay: byReason
      .filter(({ status }) => status === 'failed')
      .map(({ reason, _count }) => ({ reason: reason as EndReason, count: _count })) // an ended run has a reason
      .sort((a, b) => b.count - a.count),
    endedLastDay: byReason.reduce((sum, { _count }) => sum + _count, 0),
  }
}
