import type { Overview, SandboxStatus } from '@agentos/server/domain/views/system'
import { UNKEPT } from '@agentos/server/domain/limits'
import { expect, it } from 'vitest'
import { healthItems } from './health.ts'

function overview(sandbox: SandboxStatus, executors = 1): Overview {
  return {
    version: '0.1.0',
    database: { dialect: 'sqlite', latencyMs: 0.42 },
    sandbox,
    workers: { slots: 12, busy: 5, executors },
    counts: { queued: 0, running: 5, waiting: 0, succeeded: 0, failed: 0, cancelled: 0 },
    oldestQueuedAt: null,
    finished: [],
    failuresLastDay: [],
    endedLastDay: 0,
    nextTicks: [],
    spend: { usd: 0, tokens: 0, budget: null },
    models: { configured: [], howTo: null },
  }
}

const proven: SandboxStatus = { default: 'sandbox', levels: [{ level: 'sandbox', proven: true, by: 'bubblewrap', missing: null, keepers: UNKEPT }] }
const unproven: SandboxStatus = { default: 'process', levels: [{ level: 'sandbox', proven: false, by: null, missing: 'user namespaces are off', keepers: UNKEPT }] }

it('says by what the sandbox was proven', () => {
  expect(healthItems(overview(proven)).map(item => `${item.label} ${item.value}`)).toEqual([
    'Database SQLite · 0.4 ms',
    'Sandbox bubblewrap, proven',
    'Slots 5 of 12 in use',
    'Executors 1',
  ])
})

it('says what is missing when there is no sandbox, and marks it', () => {
  const sandbox = healthItems(overview(unproven)).find(item => item.label === 'Sandbox')
  expect(sandbox).toMatchObject({ value: 'user namespaces are off', bad: true })
})

it('marks a server whose executors are all gone', () => {
  expect(healthItems(overview(proven, 0)).at(-1)).toMatchObject({ value: 'none is up', bad: true })
})
