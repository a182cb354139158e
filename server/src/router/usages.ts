import type { RunUsage } from '../domain/views/run.ts'
import type { UsageSource } from '../events/follow-usage.ts'
import type { Actor } from '../store/actor.ts'
import type { RouterServices } from './context.ts'
import { getRuns } from '../store/runs.ts'

/** What the processes of one run use now, and a moment before: CPU per cent needs both. */
export interface RunUsageNow {
  run: string
  usage: RunUsage
  before: RunUsage | null
}

type Asking = Pick<RouterServices, 'db' | 'usages'> & { actor: Actor }

/** Of each source: which organisation a run belongs to. It never changes, so that a page that asks again costs no read. */
const owners = new WeakMap<UsageSource, Map<string, string>>()

/** Of the runs that run here and belong to who asks; of those named alone, when some are. */
export async function listUsages({ db, usages, actor }: Asking, only: string[] | null): Promise<RunUsageNow[]> {
  const running = usages.running()
  const known = owners.get(usages) ?? new Map<string, string>()
  owners.set(usages, known)
  for (const id of known.keys()) {
    if (!usages.get(id))
      known.delete(id)
  }

  const wanted = only ? running.filter(id => only.includes(id)) : running
  const unknown = wanted.filter(id => !known.has(id))
  if (unknown.length > 0) {
    for (const { id } of await getRuns(db, unknown, actor.organisationId))
      known.set(id, actor.organisationId)
  }
  return wanted.flatMap((run) => {
    const now = known.get(run) === actor.organisationId ? usages.get(run) : null
    return now ? [{ run, ...now }] : []
  })
}

/** Its figures alone, for a list of runs. */
export function withoutTree({ run, usage, before }: RunUsageNow): RunUsageNow {
  const bare = (sample: RunUsage): RunUsage => ({ ...sample, tree: [], omitted: sample.omitted + sample.tree.length })
  return { run, usage: bare(usage), before: before && bare(before) }
}
