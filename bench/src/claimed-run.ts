import type { NewEvent } from '../../server/src/domain/event.ts'
import type { Database } from '../../server/src/store/database.ts'
import type { RunRef } from '../../server/src/store/run-append.ts'
import { event } from '../../server/src/domain/event.ts'
import { parseManifest } from '../../server/src/domain/manifest/parse.ts'
import { createNotifier } from '../../server/src/events/notifier.ts'
import { submit } from '../../server/src/queue/submit.ts'
import { ensureOwner } from '../../server/src/store/actor.ts'
import { findAgent, saveAgent } from '../../server/src/store/agents.ts'
import { claimRuns } from '../../server/src/store/claim.ts'

const SOURCE = 'name: bench-log\nsteps:\n  - run: "true"\n'

/** A run that is claimed by nobody who works on it, so that a measure may append to its log. */
export async function claimedRun(db: Database): Promise<RunRef> {
  const actor = await ensureOwner(db)
  const parsed = parseManifest(SOURCE, { file: 'bench.yaml' })
  if (!parsed.ok)
    throw new Error(JSON.stringify(parsed.problems))
  const { agentId } = await saveAgent(db, { actor, name: parsed.manifest.name, source: SOURCE, manifest: parsed.manifest, notices: [], path: null })
  const { found } = await findAgent(db, actor.organisationId, agentId)
  if (!found)
    throw new Error('the agent that was just saved is not there')
  await submit({ db, notifier: createNotifier() }, { actor, agent: found, task: '', inputs: {}, workspaceFrom: null, isolation: null, timeMs: null })
  const [ref] = await claimRuns(db, { worker: 'bench', slots: 1, leaseMs: 600_000 })
  if (!ref)
    throw new Error('the run that was just submitted could not be claimed')
  return ref
}

/** About as long as a line of a terminal. */
const LINE = `${'x'.repeat(79)}\n`

export function outputEvents(count: number): NewEvent[] {
  return Array.from({ length: count }, () => event('step.output', { step: 1, stream: 'stdout', text: LINE }))
}
