import type { Figure } from './figure.ts'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { percentile } from './figure.ts'
import { dataFolder, removeFolder, residentMb, startServer, usageOf } from './server-process.ts'

const ROUNDS = 5

/** Start to healthy on a migrated database, and what the server holds and writes while nothing happens. */
export async function measure(): Promise<Figure[]> {
  const folder = await dataFolder()
  try {
    // The first start migrates; it is not counted.
    await (await startServer(folder)).stop()
    const ours: number[] = []
    const bare: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      bare.push(timeBareStart(join(folder, 'agentos.db')))
      const server = await startServer(folder)
      ours.push(server.healthyAfterMs)
      await server.stop()
    }
    return [
      { what: 'start to healthy, migrated database, median', value: percentile(ours, 50), unit: 'ms', limit: percentile(bare, 50), limitIs: 'node, better-sqlite3 loaded and the database opened', target: { atMost: 1000 } },
      ...await atRest(folder),
    ]
  }
  finally {
    await removeFolder(folder)
  }
}

function timeBareStart(database: string): number {
  const script = `const D = require('better-sqlite3'); new D(process.argv[1]).prepare('select count(*) from runs').get()`
  const startedAt = performance.now()
  const done = spawnSync(process.execPath, ['-e', script, database], { cwd: new URL('..', import.meta.url), encoding: 'utf8' })
  if (done.status !== 0)
    throw new Error(done.stderr)
  return performance.now() - startedAt
}

/** Long enough for timers to show themselves. */
const REST_MS = 8_000

async function atRest(folder: string): Promise<Figure[]> {
  const server = await startServer(folder)
  try {
    await pause(2_000)
    const before = usageOf(server.pid)
    await pause(REST_MS)
    const after = usageOf(server.pid)
    const memory = residentMb(server.pid)
    return [
      { what: 'RSS at rest, server', value: memory.own, unit: 'MB', limit: null, limitIs: '', target: { atMost: 150 } },
      { what: 'RSS at rest, executor', value: memory.children, unit: 'MB', limit: null, limitIs: '', target: null },
      { what: `bytes written to disk in ${REST_MS / 1000} s at rest`, value: after.writtenBytes - before.writtenBytes, unit: 'B', limit: null, limitIs: '', target: { atMost: 0 } },
      { what: 'CPU at rest', value: (after.cpuMs - before.cpuMs) / REST_MS * 100, unit: '%', limit: null, limitIs: '', target: { atMost: 1 } },
    ]
  }
  finally {
    await server.stop()
  }
}
