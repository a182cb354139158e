import type { IsolationLevel } from '../domain/run.ts'
import type { RunView } from '../domain/views/run.ts'
import type { Notifier } from '../events/notifier.ts'
import type { Actor } from '../store/actor.ts'
import type { AgentRow } from '../store/agents.ts'
import type { Database } from '../store/database.ts'
import type { RunToInsert, TickOfRun } from '../store/submit.ts'
import { createHash } from 'node:crypto'
import { event } from '../domain/event.ts'
import { fillTemplate } from '../domain/manifest/inputs.ts'
import { insertRun, insertRunOfTick } from '../store/submit.ts'
import { storable } from '../store/text.ts'

export interface RunRequest {
  actor: Actor
  agent: AgentRow
  task: string
  inputs: Record<string, string | number | boolean>
  workspaceFrom: string | null
  /** null: as the manifest or the server has it. */
  isolation: IsolationLevel | null
  /** null: as the manifest has it. */
  timeMs: number | null
  /** Higher goes first. The manifest's when left out. */
  priority?: number
  delayMs?: number
  /** The same key gives the same run. */
  idempotencyKey?: string
  /** The run that this one does again. */
  retryOf?: string
  /** The schedule that it is a run of. */
  scheduleId?: string
  /** It waits for the next message after each answer. */
  isChat?: boolean
}

interface Services { db: Database, notifier: Notifier }

/**
 * Stored, with its first event, when this resolves. The queue is told also when it fails: the answer may have been lost, and the run be
 * there. Whoever asks once more finds it, and is not the one who made it.
 */
export async function submit({ db, notifier }: Services, request: RunRequest): Promise<RunView> {
  const { run, isNew } = await insertRun(db, toInsert(request)).finally(notifier.queued)
  if (isNew)
    notifier.runChanged(run.id, 1)
  return run
}

/** One run for a tick, however many try; null for all but the first. */
export async function submitTick({ db, notifier }: Services, request: Omit<RunRequest, 'idempotencyKey' | 'scheduleId'>, tick: TickOfRun): Promise<RunView | null> {
  const { scheduleId, tickAtMs } = tick
  const wanted = toInsert({ ...request, scheduleId, idempotencyKey: `schedule:${scheduleId}:${tickAtMs}` })
  const run = await insertRunOfTick(db, wanted, tick).finally(notifier.queued)
  if (run)
    notifier.runChanged(run.id, 1)
  return run
}

function toInsert(request: RunRequest): RunToInsert {
  const { actor, agent, task, inputs, timeMs, retryOf } = request
  const { manifest } = agent
  return {
    actor,
    agent,
    task,
    inputs,
    limits: timeMs === null ? manifest.limits : { ...manifest.limits, timeMs },
    workspaceFrom: request.workspaceFrom,
    isolation: request.isolation,
    priority: request.priority ?? manifest.priority,
    delayMs: request.delayMs ?? 0,
    idempotencyKey: request.idempotencyKey === undefined ? null : storable(request.idempotencyKey),
    retryOf: retryOf ?? null,
    scheduleId: request.scheduleId ?? null,
    isChat: request.isChat ?? false,
    concurrencyKey: keyOf(manifest.concurrencyPer.keyTemplate, { task, inputs }),
    submitted: event('run.submitted', { agent: agent.name, version: agent.version, task, inputs, by: actor.userName, notices: agent.notices, ...retryOf !== undefined && { retryOf } }),
  }
}

/** As long as a person may want to read; an index takes no more. */
const MAX_KEY = 200

function keyOf(template: string | null, values: { task: string, inputs: Record<string, string | number | boolean> }): string | null {
  const key = template === null ? '' : storable(fillTemplate(template, values)).trim()
  if (key === '')
    return null
  return key.length <= MAX_KEY ? key : `sha256:${createHash('sha256').update(key).digest('hex')}`
}
