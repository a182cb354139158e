import type { AgentDetail } from '@agentos/server/domain/views/agent'
import type { RunView } from '@agentos/server/domain/views/run'
import type { NetworkUse, Timeline } from './timeline.ts'
import { formatNumber, plural } from '../format/number.ts'
import { shownText } from './shown-text.ts'

/** One thing about how a run is held. */
export interface HeldFact {
  text: string
  /** The whole of it, and why. */
  title: string
  tone: 'plain' | 'wait' | 'bad'
  icon: string
}

/** From what it is held off: the level that was opened, or will be. */
export function isolationFact(run: RunView, { sandbox }: Timeline, agent: AgentDetail | null): HeldFact | null {
  const level = sandbox?.level ?? run.isolation
  const by = sandbox?.by ?? run.isolationBy
  if (!level)
    return null
  const text = by && by !== level ? `${level} · ${by}` : level
  if (level === 'none')
    return { text: 'not isolated', title: 'It runs with all that the server may do: its files, its network, its processes.', tone: 'bad', icon: 'i-lucide-shield-off' }
  if (level === 'process')
    return { text, title: `Its processes are limited, but they see this machine's files and network.\n${whyProcess(run, agent)}`, tone: 'wait', icon: 'i-lucide-shield-alert' }
  return { text, title: `Isolation level ${level}${by ? `, by ${by}` : ''}`, tone: 'plain', icon: 'i-lucide-shield-check' }
}

function whyProcess(run: RunView, agent: AgentDetail | null): string {
  const today = agent?.version === run.agentVersion ? agent.isolation : null
  if (today === 'process')
    return 'The manifest asks for level process.'
  if (today === 'default')
    return 'The manifest names no level, and nothing stronger is proven on this machine: agentos doctor says what is missing.'
  return 'It was asked for, or nothing stronger is proven on this machine.'
}

/** What it may reach, as its sandbox was opened; before that as its agent says, if that is the agent of today. */
export function networkFact(run: RunView, { sandbox, network: use }: Timeline, agent: AgentDetail | null): HeldFact | null {
  const network = sandbox?.network ?? (agent?.version === run.agentVersion ? agent.network : undefined)
  if (network === undefined)
    return null
  if (network === 'open')
    return { text: 'network open', title: 'It may reach every address that this machine reaches: the manifest says `network: open`.', tone: 'wait', icon: 'i-lucide-globe' }
  if (network === 'none')
    return { text: use.refused > 0 ? `no network, ${formatNumber(use.refused)} refused` : 'no network', title: ['It reaches nothing but itself.', ...useLines(use)].join('\n'), tone: use.refused > 0 ? 'wait' : 'plain', icon: 'i-lucide-globe-lock' }
  const hosts = network.map(shownText)
  return {
    text: use.connections + use.refused > 0 ? `network: ${countsOf(use)}` : `${hosts.join(', ')} only`,
    title: [`It may reach: ${hosts.join(', ')}`, ...useLines(use)].join('\n'),
    tone: use.refused > 0 ? 'wait' : 'plain',
    icon: use.refused > 0 ? 'i-lucide-globe-lock' : 'i-lucide-globe',
  }
}

function countsOf({ allowed, refused }: NetworkUse): string {
  return [plural(allowed.size, 'host'), ...refused > 0 ? [`${formatNumber(refused)} refused`] : []].join(', ')
}

const MOST_LISTED = 12

function useLines({ allowed, denied }: NetworkUse): string[] {
  return [...listed('Reached', allowed), ...listed('Refused', denied)]
}

function listed(word: string, hosts: Map<string, number>): string[] {
  if (hosts.size === 0)
    return []
  const shown = [...hosts].slice(0, MOST_LISTED).map(([host, count]) => count > 1 ? `${shownText(host)} (${formatNumber(count)} times)` : shownText(host))
  return [`${word}: ${shown.join(', ')}${hosts.size > MOST_LISTED ? ` and ${formatNumber(hosts.size - MOST_LISTED)} more` : ''}`]
}
