import type { PruneServices } from '../queue/prune.ts'
import type { PruneFilter } from '../store/prune.ts'
import { prune } from '../queue/prune.ts'
import { countHeld } from '../store/prune.ts'
import { listRetentions } from '../store/retention.ts'
import { refused } from './fault.ts'

/** What a person wants removed. With `keep`, the newest ended runs of each agent stay. */
export async function pruneAsked(services: PruneServices, asked: PruneFilter, keep: number | undefined): Promise<{ removed: string[], held: number }> {
  const outcome = { removed: [] as string[], held: 0 }
  for (const filter of keep === undefined ? [asked] : await ofEachAgent(services, asked, keep)) {
    outcome.removed.push(...(await prune(services, filter)).removed)
    outcome.held += await countHeld(services.db, filter)
  }
  if (asked.ids?.length === 1 && outcome.removed.length === 0 && outcome.held === 1)
    throw refused(`run ${asked.ids[0]} is held: release it first`)
  return outcome
}

async function ofEachAgent({ db }: PruneServices, asked: PruneFilter, keep: number): Promise<PruneFilter[]> {
  return (await listRetentions(db, asked.organisationId)).map(({ agentId }) => ({ ...asked, agentId, keep }))
}
