import type { AgentOS } from '@agentos/client'
import type { LevelStatus } from '../../domain/views.ts'
import type { Check } from './check.ts'
import { isKept, keepersInWords, LIMIT_WORDS } from '../../domain/limit-words.ts'

type Overview = Awaited<ReturnType<AgentOS['system']['overview']>>

/** What a server says of itself: database, isolation, models. */
export async function checkServer(client: AgentOS): Promise<Check[]> {
  const overview = await client.system.overview()
  return [
    { name: 'database', result: 'ok', found: `${overview.database.dialect}, answers in ${overview.database.latencyMs.toFixed(1)} ms, migrated` },
    ...checkLevels(overview),
    ...checkLimits(overview),
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

/** Limits that a machine keeps or does not; time, steps and output are counted everywhere. */
const OF_THE_MACHINE = ['memory', 'processes', 'cpu', 'cpuTime', 'files', 'disk'] as const

/** What keeps each limit of a run that names no level. */
function checkLimits({ sandbox }: Overview): Check[] {
  const level = sandbox.levels.find(({ level }) => level === sandbox.default)
  return level ? [checkLimitsOf(level)] : []
}

function checkLimitsOf({ level, keepers }: LevelStatus): Check {
  const found = keepersInWords(keepers, OF_THE_MACHINE)
  const unkept = OF_THE_MACHINE.filter(name => !isKept(keepers[name]))
  if (unkept.length === 0)
    return { name: 'limits', result: 'ok', found }
  const words = unkept.map(name => name === 'cpu' ? 'cpu' : LIMIT_WORDS[name]).join(', ')
  return {
    name: 'limits',
    result: 'warning',
    found: [found, `${words}: nothing keeps this limit at level ${level}`].filter(Boolean).join(' · '),
    mend: 'give AgentOS a cgroup of its own: with systemd, Delegate=yes in its unit, or systemd-run --user --scope -p Delegate=yes npm start; or run it as root',
  }
}
