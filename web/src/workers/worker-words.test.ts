import type { WorkerView } from '@agentos/server/domain/views/system'
import { expect, it } from 'vitest'
import { slotsWords, sortWorkers, workersFacts } from './worker-words.ts'

function worker(over: Partial<WorkerView>): WorkerView {
  return {
    id: 'w',
    host: 'crane-1',
    pid: 100,
    role: 'worker',
    version: '0.1.0',
    slots: 4,
    busy: 1,
    isolation: 'sandbox',
    isolationBy: 'bubblewrap',
    startedAt: '2026-11-25T02:00:00.000Z',
    heartbeatAt: '2026-11-25T03:00:00.000Z',
    state: 'up',
    runs: [],
    ...over,
  }
}

const said = (workers: WorkerView[]) => workersFacts(workers).map(({ label, value, bad }) => `${label} ${value}${bad ? ' !' : ''}`)

it('adds up slots of those that are there and run agents', () => {
  expect(said([worker({}), worker({ host: 'crane-2', busy: 2 }), worker({ role: 'server', slots: 0, busy: 0 }), worker({ state: 'stopped', slots: 8 })]))
    .toEqual(['Up 3 of 3', 'Slots 3 of 8 in use', 'Machines 2', 'Version 0.1.0'])
})

it('points at what needs a look: a lost worker, two versions, nobody who runs agents', () => {
  expect(said([worker({}), worker({ state: 'lost', version: '0.0.9' })])[0]).toBe('Up 1 of 2 !')
  expect(said([worker({}), worker({ version: '0.2.0' })])[3]).toBe('Versions 0.1.0, 0.2.0 !')
  expect(said([worker({ role: 'server', slots: 0 })])[1]).toBe('Slots no worker is up !')
})

it('lists those that are there before those that are gone', () => {
  const workers = [worker({ id: 'a', state: 'lost' }), worker({ id: 'b', host: 'crane-2' }), worker({ id: 'c', pid: 9 }), worker({ id: 'd' })]
  expect(sortWorkers(workers).map(one => one.id)).toEqual(['c', 'd', 'b', 'a'])
})

it('says how many slots are in use, and of a server that it has none', () => {
  expect(slotsWords(worker({}))).toBe('1 of 4 slots')
  expect(slotsWords(worker({ role: 'server' }))).toBe('runs no agents')
})
