import type { ClaimedRun } from '../queue/port.ts'
import type { AttemptServices } from './attempt-services.ts'
import type { AttemptStop } from './attempt-stop.ts'
import type { AttemptOutcome } from './outcome.ts'
import type { WorkedIn } from './store-workspace.ts'
import { isFinal } from '../domain/run.ts'
import { FenceLostError } from '../store/errors.ts'
import { getRuns } from '../store/runs.ts'
import { retryDelayMs } from './retry-delay.ts'
import { dropCheckpoint, keepWorkspace, storeCheckpoint } from './store-workspace.ts'
import { folderOfRun } from './workspace/prepare-workspace.ts'
import { removeTree } from './workspace/remove-tree.ts'

interface Leaving { claimed: ClaimedRun, stop: AttemptStop, outcome: AttemptOutcome, workedIn: WorkedIn | null }

/** What becomes of a run after an attempt, and of its workspace. Never rejects. Resolves to whether the run is over. */
export async function leave(services: AttemptServices, leaving: Leaving): Promise<boolean> {
  const isStored = await storeWork(services, leaving)
  const isOver = await settle(services, leaving, isStored)
  if (isOver)
    await cleanUp(services, leaving.claimed)
  return isOver
}

/** What of the workspace outlives the attempt. Resolves to whether any machine may go on with it. */
async function storeWork(services: AttemptServices, { claimed, stop, outcome, workedIn }: Leaving): Promise<boolean> {
  if (!workedIn || stop.first?.kind === 'lost_lease')
    return false
  const isLeaving = isLost(outcome)
  if (!isLeaving)
    await keepWorkspace(services, claimed, workedIn, { when: 'end' })
  return (isLeaving || outcome.waitingFor !== undefined) && storeCheckpoint(services, claimed, workedIn, outcome)
}

async function cleanUp(services: AttemptServices, claimed: ClaimedRun): Promise<void> {
  const { place, logger } = services
  const { run } = claimed
  await dropCheckpoint(services, claimed)
  const problem = await removeTree(folderOfRun(place, run.id))
  if (problem)
    logger.warn({ runId: run.id, problem }, 'the workspace of a run could not be removed; it is tried again at the next start')
}

/**
 * Ends the run, queues it again or parks it, in one transaction with its last events. Nothing is written for a run that is no longer
 * ours. Resolves to whether the run is over.
 */
async function settle(services: AttemptServices, { claimed, stop, outcome }: Leaving, isStored: boolean): Promise<boolean> {
  if (stop.first?.kind === 'lost_lease') {
    services.watch?.leaseLost()
    return false
  }
  const { db, log, logger } = services
  const { run, agent, ref } = claimed
  const { reason, detail, survivors, waitingFor } = outcome
  try {
    if (waitingFor)
      await log.park(ref, { detail, waitingFor, isStored })
    else if (isLost(outcome))
      await log.giveBack(ref, { detail, isStored })
    else if (mayTryAgain(claimed, outcome))
      await log.retry(ref, { reason, detail, delayMs: retryDelayMs(agent.manifest.retry, run.failures + 1) })
    else
      return await log.end(ref, { reason, detail, survivors }).then(() => true)
    const [now] = await getRuns(db, [run.id]) // one that was to stop has ended instead
    return now === undefined || isFinal(now.status)
  }
  catch (error) {
    if (error instanceof FenceLostError)
      services.watch?.leaseLost()
    else
      logger.error({ err: error, runId: run.id }, 'the end of a run could not be written; its lease runs out, and it is rescued')
    return false
  }
}

/** Its executor or its server went away: that says nothing of the run itself. */
function isLost({ reason, canPass }: AttemptOutcome): boolean {
  return reason === 'interrupted' && canPass
}

function mayTryAgain({ run }: ClaimedRun, { canPass }: AttemptOutcome): boolean {
  return canPass && run.failures + 1 < run.maxAttempts && run.cancelRequestedAt === null
}
