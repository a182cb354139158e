import type { AgentOS, Run } from '@agentos/client'
import type { RunStatus } from '../../domain/run.ts'
import type { Candidate } from './complete.ts'
import type { Asked } from './wanted.ts'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { dataDirOfThisMachine } from '../local-server.ts'
import { shortId } from '../print/id.ts'
import { withServer } from '../with-server.ts'

/** A person waits with a finger on the key; with no server the data have to be opened first. */
const PATIENCE_MS = 2_500
const NEWEST = 50

/** What the running server knows, or with none the data folder; nothing when it takes too long, or cannot be had. */
export async function askData(what: Asked): Promise<Candidate[]> {
  let found: Candidate[] = []
  const asking = async () => {
    if (process.env.AGENTOS_URL || await isFolderInUse())
      await withServer({ embed: 'look' }, async ({ client }) => void (found = await LOOK_UPS[what](client)))
  }
  await Promise.race([asking().catch(() => {}), sleep(PATIENCE_MS, undefined, { ref: false })])
  return found
}

/** A key press is no reason to make a data folder. */
async function isFolderInUse(): Promise<boolean> {
  return stat(join(dataDirOfThisMachine(), 'credential')).then(() => true, () => false)
}

const LOOK_UPS: Record<Asked, (client: AgentOS) => Promise<Candidate[]>> = {
  'agents': async client => (await client.agents.list()).map(({ name, description }) => ({ word: name, about: description ?? '' })),
  'runs': client => runs(client),
  'open runs': client => runs(client, ['queued', 'running', 'waiting']),
  'settlements': async client => (await runs(client, ['waiting'])),
  'approvals': async client => (await client.approvals.list({ limit: NEWEST })).approvals.map(({ runId, title }) => ({ word: shortId(runId), about: title })),
  'schedules': async client => (await client.schedules.list()).map(({ id, agentName }) => ({ word: shortId(id), about: agentName })),
  'secrets': async client => (await client.secrets.list()).map(({ name }) => ({ word: name, about: '' })),
  'budgets': async client => (await client.budgets.list()).map(({ id, scope }) => ({ word: shortId(id), about: scope })),
  'chats': async client => (await client.runs.list({ chats: true, limit: NEWEST })).runs.map(candidateOf),
}

async function runs(client: AgentOS, statuses?: RunStatus[]): Promise<Candidate[]> {
  return (await client.runs.list({ limit: NEWEST, ...statuses && { statuses } })).runs.map(candidateOf)
}

function candidateOf({ id, agentName, status }: Run): Candidate {
  return { word: shortId(id), about: `${agentName}, ${status}` }
}
