import type { ScheduleSpec } from '../domain/manifest/manifest.ts'
import type { Actor } from './actor.ts'
import type { Database } from './database.ts'
import { getSchedule, isSameTiming, putManifestSchedule, removeSchedule, updateSchedule } from './schedules.ts'

interface Scheduled { actor: Actor, agentId: string, spec: ScheduleSpec | null }

/** The schedule of an agent's newest manifest is made, said anew or taken away. Answers whether anything was. One that is paused stays so. */
export async function syncManifestSchedule(db: Database, { actor, agentId, spec }: Scheduled): Promise<boolean> {
  const known = await getSchedule(db, agentId)
  if (spec === null)
    return known !== null && removeSchedule(db, known.id)
  const words = { ...spec, inputs: {} }
  if (known === null)
    await putManifestSchedule(db, { actor, agentId, ...words })
  else if (isSameTiming(known, spec) && (['overlap', 'catchUp', 'catchUpWindowMs', 'task'] as const).every(key => known[key] === spec[key]))
    return false
  else
    await updateSchedule(db, known, words)
  return true
}
