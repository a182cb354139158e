import type { Overview } from '@agentos/server/domain/views/system'

export interface HealthItem { label: string, value: string, bad: boolean, title?: string }

/** What the strip says, in its order. */
export function healthItems(overview: Overview): HealthItem[] {
  return [databaseItem(overview), sandboxItem(overview), slotsItem(overview), executorsItem(overview)]
}

function databaseItem({ database }: Overview): HealthItem {
  const latency = database.latencyMs < 10 ? Number(database.latencyMs.toFixed(1)) : Math.round(database.latencyMs)
  return { label: 'Database', value: `${database.dialect === 'sqlite' ? 'SQLite' : 'PostgreSQL'} · ${latency} ms`, bad: false }
}

/** What a run gets when its manifest names no level, and who proved that. Without a sandbox it says what is missing. */
function sandboxItem({ sandbox }: Overview): HealthItem {
  const own = sandbox.levels.find(level => level.level === sandbox.default)
  const wall = sandbox.levels.find(level => level.level === 'sandbox')
  if (sandbox.default === 'sandbox' && own?.proven)
    return { label: 'Sandbox', value: own.by ? `${own.by}, proven` : 'proven', bad: false }
  if (wall?.proven)
    return { label: 'Isolation', value: `${sandbox.default} by default`, bad: false }
  return { label: 'Sandbox', value: wall?.missing ?? 'not proven', bad: true, title: `Runs are isolated at the level “${sandbox.default}”.` }
}

function slotsItem({ workers }: Overview): HealthItem {
  return { label: 'Slots', value: `${workers.busy} of ${workers.slots} in use`, bad: false }
}

function executorsItem({ workers }: Overview): HealthItem {
  return { label: 'Executors', value: workers.executors === 0 ? 'none is up' : String(workers.executors), bad: workers.executors === 0 }
}
