import type { WorkerView } from '@agentos/server/domain/views/system'
import type { MarkName } from '../components/marks.ts'
import { formatNumber, plural } from '../format/number.ts'

export const STATES: Record<WorkerView['state'], { mark: MarkName, word: string, means: string, tone: string }> = {
  up: { mark: 'succeeded', word: 'Up', means: 'Its heartbeat is fresh.', tone: 'text-highlighted' },
  draining: { mark: 'scheduled', word: 'Draining', means: 'It takes no more runs, and ends when those that it has are over.', tone: 'text-muted' },
  lost: { mark: 'lost', word: 'Lost', means: 'Its heartbeat is old. What it ran is taken over when its leases run out.', tone: 'text-bad' },
  stopped: { mark: 'cancelled', word: 'Stopped', means: 'It has said good-bye.', tone: 'text-muted' },
}

export const ROLES: Record<WorkerView['role'], { word: string, means: string }> = {
  all: { word: 'server and worker', means: 'It serves this page and the API, and runs agents.' },
  server: { word: 'server', means: 'It serves this page and the API, and runs no agents.' },
  worker: { word: 'worker', means: 'It runs agents, and serves nothing.' },
}

/** Those that are there first, then by machine. */
export function sortWorkers(workers: WorkerView[]): WorkerView[] {
  return [...workers].sort((one, other) => ORDER.indexOf(one.state) - ORDER.indexOf(other.state) || one.host.localeCompare(other.host) || one.pid - other.pid)
}

const ORDER: WorkerView['state'][] = ['up', 'draining', 'lost', 'stopped']

export interface WorkersFact { label: string, value: string, bad: boolean }

/** What all of them come to. */
export function workersFacts(workers: WorkerView[]): WorkersFact[] {
  const present = workers.filter(one => one.state === 'up' || one.state === 'draining')
  const lost = workers.filter(one => one.state === 'lost').length
  const runners = present.filter(one => one.role !== 'server')
  const slots = sum(runners.map(one => one.slots))
  const versions = [...new Set(present.map(one => one.version))]
  return [
    { label: 'Up', value: `${formatNumber(present.length)} of ${formatNumber(present.length + lost)}`, bad: lost > 0 },
    { label: 'Slots', value: runners.length === 0 ? 'no worker is up' : `${formatNumber(sum(runners.map(one => one.busy)))} of ${formatNumber(slots)} in use`, bad: runners.length === 0 },
    { label: 'Machines', value: formatNumber(new Set(present.map(one => one.host)).size), bad: false },
    { label: versions.length > 1 ? 'Versions' : 'Version', value: versions.join(', ') || '—', bad: versions.length > 1 },
  ]
}

/** What a row says of its slots. */
export function slotsWords({ role, busy, slots }: WorkerView): string {
  return role === 'server' ? 'runs no agents' : `${formatNumber(busy)} of ${plural(slots, 'slot')}`
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
