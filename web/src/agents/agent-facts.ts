import type { AgentView } from '@agentos/server/domain/views/agent'
import { formatShare } from '../format/number.ts'

/** What kind of agent it is, in a line: runtime, models, isolation, network. */
export function agentFacts(agent: AgentView): string[] {
  const { network } = agent
  return [
    agent.models.length > 0 ? `${agent.runtime} · ${agent.models.join(', then ')}` : agent.runtime,
    agent.isolation === 'default' ? 'default isolation' : `isolation ${agent.isolation}`,
    // An open network has a badge of its own.
    ...network === 'open' ? [] : [network === 'none' ? 'no network' : `network ${network.join(', ')}`],
  ]
}

/** Of its newest runs: the share that succeeded, and the median time of those. Null while there is nothing to say. */
export function recentFigures(recent: AgentView['recent']): { succeeded: string | null, medianMs: number | null } {
  const ended = recent.filter(run => run.status === 'succeeded' || run.status === 'failed' || run.status === 'cancelled')
  const good = ended.filter(run => run.status === 'succeeded')
  const times = good.flatMap(run => run.durationMs ?? []).sort((one, other) => one - other)
  return { succeeded: formatShare(good.length, ended.length), medianMs: times[Math.floor((times.length - 1) / 2)] ?? null }
}
