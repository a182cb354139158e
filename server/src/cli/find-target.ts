import type { AgentOS, Run } from '@agentos/client'
import { AgentOSError } from '@agentos/client'
import { CommandError } from './failure.ts'

export type Target = { run: Run } | { agent: string }

/** A run by the beginning of its id, or an agent by its name or the beginning of it; an agent's whole name goes first. */
export async function findTarget(client: AgentOS, name: string): Promise<Target> {
  const [agent, run] = await Promise.all([orError(client.agents.get(name)), orError(client.runs.get(name))])
  if (!(agent instanceof AgentOSError) && agent.name === name)
    return { agent: agent.name }
  if (!(run instanceof AgentOSError))
    return { run }
  if (!(agent instanceof AgentOSError))
    return { agent: agent.name }
  const ambiguous = [run, agent].find(({ code }) => code !== 'NOT_FOUND')
  throw ambiguous ?? new CommandError(`no run's id begins with ${JSON.stringify(name)} and no agent is called so; \`agentos ps\` lists the runs`, 127)
}

async function orError<T>(answer: Promise<T>): Promise<T | AgentOSError> {
  return answer.catch((error) => {
    if (error instanceof AgentOSError)
      return error
    throw error
  })
}
