import type { LevelStatus, SandboxStatus } from '../domain/views/system.ts'
import type { Check } from './check.ts'
import { isKept, keepersInWords, LIMIT_WORDS } from '../domain/limit-words.ts'

/** What runs are kept in here; a weaker sandbox is a warning, and the page says which holds. */
export function checkIsolation(sandbox: SandboxStatus): Check[] {
  return [...checkLevels(sandbox), ...checkLimits(sandbox)]
}

export function checkModels(configured: string[], howTo: string | null): Check {
  return configured.length > 0
    ? { name: 'models', result: 'ok', found: configured.join(', ') }
    : { name: 'models', result: 'warning', found: 'none; scripted agents run without one', mend: howTo ?? '' }
}

function checkLevels({ levels }: SandboxStatus): Check[] {
  return levels.filter(({ level, proven }) => level === 'process' || level === 'sandbox' || (level === 'container' && proven)).map(({ level, proven, by, missing }) => proven
    ? { name: `isolation: ${level}`, result: 'ok', found: `proven${by ? `, by ${by}` : ''}` }
    : { name: `isolation: ${level}`, result: 'warning', found: 'not proven', mend: missing ?? '' })
}

/** Limits that a machine keeps or does not; time, steps and output are counted everywhere. */
const OF_THE_MACHINE = ['memory', 'processes', 'cpu', 'cpuTime', 'files', 'disk'] as const

/** What keeps each limit: at the level of a run that names none, and at the other proven ones. */
function checkLimits(sandbox: SandboxStatus): Check[] {
  const levels = sandbox.levels.filter(({ level, proven }) => proven && (level === 'process' || level === 'sandbox'))
  return [
    ...levels.filter(({ level }) => level === sandbox.default).map(level => checkLimitsOf(level, true)),
    ...levels.filter(({ level }) => level !== sandbox.default).map(level => checkLimitsOf(level, false)),
  ]
}

function checkLimitsOf({ level, keepers }: LevelStatus, isDefault: boolean): Check {
  const name = isDefault ? 'limits' : `limits: ${level}`
  const kept = keepersInWords(keepers, OF_THE_MACHINE)
  const unkept = OF_THE_MACHINE.filter(limit => !isKept(keepers[limit])).map(limit => limit === 'cpu' ? 'cpu' : LIMIT_WORDS[limit])
  const found = [kept, ...unkept.length > 0 ? [`${unkept.join(', ')}: none`] : []].filter(Boolean).join(' · ')
  if (unkept.length === 0 || !isDefault)
    return { name, result: 'ok', found, keepers }
  return {
    name,
    result: 'warning',
    found,
    mend: 'nothing keeps what is marked none: give AgentOS a cgroup of its own (systemd: Delegate=yes in its unit,\nor systemd-run --user --scope -p Delegate=yes npm start), or run it as root',
    keepers,
  }
}
