import type { AgentOS, SubmitRun } from '@agentos/client'
import { AgentOSError } from '@agentos/client'
import { CommandError } from './failure.ts'
import { readManifest, searchedPlaces } from './find-manifest.ts'

/**
 * What to run: an agent's name that the server knows, else a manifest file, else what the server knows an agent by (the
 * beginning of its name or id). A file goes before a mere beginning, so that what is written beside you is what runs.
 */
export async function findAgent(client: AgentOS, name: string): Promise<Pick<SubmitRun, 'agent' | 'manifest'>> {
  if (name.trim() === '')
    throw new CommandError('expected an agent\'s name or a manifest file, but got nothing')
  const isName = /^[\w-]{1,128}$/.test(name)
  const known = isName ? await askServer(client, name) : null
  if (known && 'name' in known && known.name === name)
    return { agent: name }
  const manifest = await readManifest(name)
  if (manifest)
    return { manifest }
  if (known instanceof AgentOSError)
    throw known
  if (known)
    return { agent: known.name }
  const places = [...(isName ? ['the agents that the server knows'] : []), ...searchedPlaces(name)]
  throw new CommandError(`no agent and no manifest is called ${JSON.stringify(name)}; searched:\n${places.map(place => `  ${place}\n`).join('')}\`agentos init\` writes a first manifest`, 127)
}

/** The agent, or that the name may mean several; null when there is none. */
async function askServer(client: AgentOS, name: string): Promise<{ name: string } | AgentOSError | null> {
  try {
    return await client.agents.get(name)
  }
  catch (error) {
    if (error instanceof AgentOSError && error.code === 'NOT_FOUND')
      return null
    if (error instanceof AgentOSError && error.code === 'BAD_REQUEST')
      return error
    throw error
  }
}
