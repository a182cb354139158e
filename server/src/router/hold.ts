import type { RunView } from '../domain/views/run.ts'
import type { Notifier } from '../events/notifier.ts'
import type { Actor } from '../store/actor.ts'
import type { Database } from '../store/database.ts'
import { holdRun } from '../store/hold.ts'
import { runNamed } from './find.ts'

export async function setHeld(asking: { db: Database, notifier: Notifier, actor: Actor }, word: string, isHeld: boolean): Promise<RunView> {
  const { id, lastSeq } = await runNamed(asking, word)
  await holdRun(asking.db, asking.actor.organisationId, id, isHeld)
  asking.notifier.runChanged(id, lastSeq)
  return runNamed(asking, id)
}
