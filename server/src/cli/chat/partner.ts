import type { AgentOS, Run } from '@agentos/client'
import { AgentOSError } from '@agentos/client'
import { isFinal } from '../../domain/run.ts'
import { CommandError } from '../failure.ts'
import { findAgent } from '../find-agent.ts'
import { shortId } from '../print/id.ts'
import { readMcp } from './read-mcp.ts'

/** With whom a conversation is to begin, and what to call it. */
export interface Partner {
  name: string
  with: Pick<Parameters<AgentOS['chats']['start']>[0], 'agent' | 'model' | 'instructions' | 'temperature' | 'unmetered' | 'mcp'>
}

export interface PartnerOptions { provider?: string, model?: string, system?: string, temperature?: string, unmetered?: boolean, mcp?: string[] }

/** Rejects with a CommandError before anybody has typed a message: no model, no such agent, an agent without a model. */
export async function findPartner(client: AgentOS, agent: string | undefined, options: PartnerOptions): Promise<Partner> {
  if (agent !== undefined)
    return findAgentPartner(client, agent)
  const { models } = await client.system.overview()
  if (models.howTo !== null)
    throw new CommandError(models.howTo)
  const model = modelOf(options, models.configured)
  const temperature = options.temperature === undefined ? undefined : parseTemperature(options.temperature)
  const mcp = options.mcp === undefined ? undefined : await readMcp(options.mcp)
  return {
    name: model,
    with: {
      model,
      ...options.system !== undefined && { instructions: options.system },
      ...temperature !== undefined && { temperature },
      ...options.unmetered && { unmetered: true },
      ...mcp !== undefined && { mcp },
    },
  }
}

/** The first message. */
export async function startChat(client: AgentOS, partner: Partner, message: string): Promise<Run> {
  try {
    return await client.chats.start({ ...partner.with, message })
  }
  catch (error) {
    // Its manifest is nobody's file: what it lacks is said here.
    if (error instanceof AgentOSError && partner.with.model !== undefined && error.message.includes('cost: unmetered'))
      throw new AgentOSError(`${error.message} Here: agentos chat --unmetered`, error.code, [], { cause: error })
    throw error
  }
}

/** A conversation that can go on. */
export async function findStanding(client: AgentOS, id: string): Promise<Run> {
  const run = await client.runs.get(id)
  if (!run.isChat)
    throw new CommandError(`run ${shortId(run.id)} is no conversation: agentos chat --list shows those that are`)
  if (isFinal(run.status))
    throw new CommandError(`conversation ${shortId(run.id)} has ended: agentos chat --export ${shortId(run.id)} prints it, agentos chat ${run.agentName} starts another`)
  return run
}

async function findAgentPartner(client: AgentOS, name: string): Promise<Partner> {
  const found = await findAgent(client, name)
  const agent = await client.agents.get(found.agent ?? (await client.agents.save(found.manifest!)).agent.name) // it finds one of the two
  if (agent.runtime !== 'llm')
    throw new CommandError(`a conversation needs an agent with a model: ${agent.name} is of runtime ${agent.runtime}`)
  if (agent.refusal !== null)
    throw new CommandError(agent.refusal)
  return { name: agent.name, with: { agent: agent.name } }
}

function modelOf({ provider, model }: PartnerOptions, configured: string[]): string {
  const [only] = configured
  const known = `switched on: ${configured.join(', ')}`
  if (model === undefined)
    throw new CommandError(`expected an agent, or a model: agentos chat -m ${provider ?? only ?? 'provider'}/NAME (${known})`)
  if (provider !== undefined)
    return model.startsWith(`${provider}/`) ? model : `${provider}/${model}`
  if (configured.some(one => model.startsWith(`${one}/`)))
    return model
  // Names of models may have a slash of their own.
  if (configured.length === 1 && !model.includes('/'))
    return `${only}/${model}`
  if (!model.includes('/'))
    throw new CommandError(`--model: expected provider/name, but got ${JSON.stringify(model)}; say which provider with -p (${known})`)
  return model
}

function parseTemperature(text: string): number {
  const temperature = Number(text)
  if (text.trim() === '' || !(temperature >= 0 && temperature <= 2))
    throw new CommandError(`--temperature: expected a number from 0 to 2, but got ${JSON.stringify(text)}`)
  return temperature
}
