import type { AgentOS } from '@agentos/client'
import type { Check } from './check.ts'

type Overview = Awaited<ReturnType<AgentOS['system']['overview']>>

/** What a server says of itself: database, isolation, models. */
export async function checkServer(client: AgentOS): Promise<Check[]> {
  const overview = await client.system.overview()
  return [
    { name: 'database', result: 'ok', found: `${overview.database.dialect}, answers in ${overview.database.latencyMs.toFixed(1)} ms, migrated` },
    ...checkLevels(overview),
    overview.models.configured.length > 0
      ? { name: 'models', result: 'ok', found: overview.models.configured.join(', ') }
      : { name: 'models', result: 'warning', found: 'none; scripted agents run without one', mend: overview.models.howTo ?? '' },
  ]
}

function checkLevels({ sandbox }: Overview): Check[] {
  return sandbox.levels.filter(({ level }) => level === 'process' || level === 'sandbox').map(({ level, proven, by, missing }) => proven
    ? { name: `isolation: ${level}`, result: 'ok', found: `proven${by ? `, by ${by}` : ''}` }
    : { name: `isolation: ${level}`, result: 'warning', found: 'not proven', mend: missing ?? '' })
}
