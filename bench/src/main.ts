/**
 * `npm run bench`: each figure beside its limit, measured in the same run on the same machine. Prints a table, writes
 * bench/results/latest.json. Nothing here passes or fails; a name as argument runs that measure alone.
 */
import type { Figure } from './figure.ts'
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import process from 'node:process'
import { printFigure, printHead } from './figure.ts'

const MEASURES: Record<string, () => Promise<{ measure: () => Promise<Figure[]> }>> = {
  'append': () => import('./append.ts'),
  'backup': () => import('./backup.ts'),
  'fan-out': () => import('./fan-out.ts'),
  'first-byte': () => import('./first-byte.ts'),
  'queue': () => import('./queue.ts'),
  'reconnect-storm': () => import('./reconnect-storm.ts'),
  'sandbox': () => import('./sandbox.ts'),
  'short-runs': () => import('./short-runs.ts'),
  'start-up': () => import('./start-up.ts'),
  'w1': () => import('./w1.ts'),
  'waiting-agents': () => import('./waiting-agents.ts'),
}

const asked = process.argv.slice(2)
const unknown = asked.filter(name => !Object.hasOwn(MEASURES, name))
if (unknown.length > 0) {
  console.error(`bench: no measure is called ${unknown.join(', ')}; there are ${Object.keys(MEASURES).join(', ')}`)
  process.exit(1)
}

const figures: Figure[] = []
printHead()
for (const [name, load] of Object.entries(MEASURES)) {
  if (asked.length > 0 && !asked.includes(name))
    continue
  const { measure } = await load()
  for (const figure of await measure()) {
    printFigure(figure)
    figures.push(figure)
  }
}

const folder = new URL('../results/', import.meta.url)
await mkdir(folder, { recursive: true })
await writeFile(new URL('latest.json', folder), `${JSON.stringify({ at: new Date().toISOString(), node: process.version, cpus: cpus().length, figures }, null, 2)}\n`)
