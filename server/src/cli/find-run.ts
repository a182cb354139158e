import type { AgentOS, Run } from '@agentos/client'
import { AgentOSError } from '@agentos/client'

/** A run by the beginning of its id, else the runs of an agent by its name (or the beginning of its id), newest first. */
export async function findRuns(client: AgentOS, name: string, limit: number): Promise<Run[]> {
  try {
    return [await client.runs.get(name)]
  }
  catch (error) {
    if (!(error instanceof AgentOSError) || error.code !== 'NOT_FOUND')
      throw error
  }
  try {
    const agent = await client.agents.get(name)
    return (await client.runs.list({ agent: agent.name, limit })).runs
  }
  catch (error) {
    if (error instanceof AgentOSError && error.code === 'NOT_FOUND')
      throw new AgentOSError(`no run's id begins with ${JSON.stringify(name)} and no agent is called so; \`agentos ps\` lists the runs`, 'NOT_FOUND')
    throw error
  }
}
