import type { AgentRow } from '../store/agents.ts'
import type { Database } from '../store/database.ts'
import { getAgentVersion } from '../store/agents.ts'

/** As many as are likely to be run in turns. */
const LIMIT = 200

/** Agent versions, which never change, so that many runs of one agent read it once. */
export function createKnownVersions(db: Database): (agentId: string, version: number) => Promise<AgentRow> {
  const known = new Map<string, AgentRow>()
  return async (agentId, version) => {
    const key = `${agentId} ${version}`
    const agent = known.get(key) ?? await getAgentVersion(db, agentId, version)
    if (!agent)
      throw new Error(`version ${version} of agent ${agentId} is not there`)
    known.delete(key)
    known.set(key, agent)
    if (known.size > LIMIT)
      known.delete(known.keys().next().value!) // the one that was not asked for the longest
    return agent
  }
}
