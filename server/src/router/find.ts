import type { ApprovalView } from '../domain/views/approval.ts'
import type { RunView } from '../domain/views/run.ts'
import type { Actor } from '../store/actor.ts'
import type { AgentRow } from '../store/agents.ts'
import type { Database } from '../store/database.ts'
import type { ScheduleRow } from '../store/schedules.ts'
import { findAgent, listAgents } from '../store/agents.ts'
import { findApproval } from '../store/approvals.ts'
import { findRun } from '../store/runs.ts'
import { listSchedules } from '../store/schedules.ts'
import { ambiguous, notFound } from './fault.ts'

interface Asking { db: Database, actor: Actor }

/** By name, id, or a prefix of either that names exactly one. */
export async function agentNamed({ db, actor }: Asking, nameOrId: string): Promise<AgentRow> {
  const match = await findAgent(db, actor.organisationId, nameOrId)
  if (match.found)
    return match.found
  if (match.candidates.length > 0)
    throw ambiguous('agent', nameOrId, match.candidates)
  const there = await listAgents(db, actor.organisationId)
  throw notFound('agent', nameOrId, there.map(agent => agent.name))
}

/** By id, or a prefix of it that names exactly one. */
export async function runNamed({ db, actor }: Asking, id: string): Promise<RunView> {
  const match = await findRun(db, actor.organisationId, id)
  if (match.found)
    return match.found
  throw match.candidates.length > 0 ? ambiguous('run', id, match.candidates) : notFound('run', id, [])
}

/** By id or a prefix of it, or by that of its run while it asks one thing. */
export async function approvalNamed({ db, actor }: Asking, word: string): Promise<ApprovalView> {
  const found = await findApproval(db, actor.organisationId, word)
  if (found.length === 1)
    return found[0]!
  throw found.length > 1 ? ambiguous('approval', word, found.map(one => one.id)) : notFound('approval', word, [])
}

/** By id or a prefix of it, or by the name of an agent that has one schedule. */
export async function scheduleNamed({ db, actor }: Asking, word: string): Promise<ScheduleRow> {
  const all = await listSchedules(db, actor.organisationId)
  const exact = all.filter(row => row.id === word)
  const named = all.filter(row => row.agentName === word)
  const matches = exact.length > 0 ? exact : named.length > 0 ? named : all.filter(row => row.id.startsWith(word))
  if (matches.length === 1)
    return matches[0]!
  throw matches.length > 1 ? ambiguous('schedule', word, matches.map(row => row.id)) : notFound('schedule', word, all.map(row => `${row.id} (${row.agentName})`))
}
