import type { EndReason, FinalStatus } from '../domain/run.ts'
import type { Actor } from './actor.ts'
import type { AgentRow } from './agent-row.ts'
import type { Database } from './database.ts'
import { event } from '../domain/event.ts'
import { newId } from './id.ts'
import { storable } from './text.ts'

/** A run that ended elsewhere, before it came here. Times are milliseconds since 1970. */
export interface PastRun {
  actor: Actor
  agent: AgentRow
  task: string
  /** Where it comes from. */
  notice: string
  /** The same key is the same run, however often it is imported. */
  key: string
  worker: string
  startedAt: number
  endedAt: number
  status: FinalStatus
  reason: EndReason
  detail: string
}

/** One attempt with its beginning and its end: that is all that is known. False when it is there already. */
export async function importRun(db: Database, run: PastRun): Promise<boolean> {
  const { actor: { organisationId, userId, userName }, agent, worker, status, reason } = run
  const [id, startedAt, endedAt] = [newId(), new Date(run.startedAt), new Date(run.endedAt)]
  const [task, detail, notices] = [storable(run.task), storable(run.detail), [storable(run.notice)]]
  const figures = { steps: 0, outputBytes: 0, tokens: 0, costUsd: null }
  const events = [
    event('run.submitted', { agent: agent.name, version: agent.version, task, inputs: {}, by: userName, notices }),
    event('attempt.started', { worker, fence: 1 }),
    event('run.ended', { status, reason, detail, ...figures, durationMs: run.endedAt - run.startedAt, survivors: 0 }),
  ]
  const times = [startedAt, startedAt, endedAt]
  try {
    await db.ask(prisma => prisma.$transaction([
      prisma.run.create({
        data: {
          id,
          organisationId,
          agentId: agent.id,
          agentName: agent.name,
          agentVersion: agent.version,
          task,
          inputs: '{}',
          limits: JSON.stringify(agent.manifest.limits),
          notices: JSON.stringify(notices),
          idempotencyKey: run.key,
          createdById: userId,
          createdAt: startedAt,
          status,
          reason,
          detail,
          startedAt,
          endedAt,
          priority: 0,
          availableAt: startedAt,
          attempt: 1,
          maxAttempts: 1,
          fence: 1,
          worker,
          lastSeq: events.length,
          steps: 0,
          outputBytes: 0,
          tokens: 0,
        },
      }),
      prisma.attempt.create({ data: { runId: id, attempt: 1, organisationId, fence: 1, worker, startedAt, endedAt, reason, detail } }),
      prisma.event.createMany({ data: events.map(({ type, data }, index) => ({
        runId: id,
        seq: index + 1,
        organisationId,
        actor: index === 0 ? userId : worker,
        attempt: index === 0 ? 0 : 1,
        type,
        at: times[index]!,
        data: JSON.stringify(data),
      })) }),
    ]))
    return true
  }
  catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'P2002')
      return false
    throw error
  }
}
