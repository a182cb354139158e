/**
 * `npm run test:faults [-- --seed N --only NAME --short --runs N]`: does to real processes and databases what happens to them, and holds
 * what is stored, what clients saw and what they were told against the rules of the checker. The seed chooses what is done and when;
 * the same seed gives the same schedule. Exits 1 when a rule was broken.
 */
import type { Cluster } from './cluster.ts'
import type { Fault, Tally } from './fault.ts'
import type { DatabaseKind } from './ground.ts'
import type { Random } from './random.ts'
import process from 'node:process'
import { readArguments } from './arguments.ts'
import { startCluster } from './cluster.ts'
import { Skipped } from './fault.ts'
import { FAULTS } from './faults.ts'
import { openGround } from './ground.ts'
import { createRandom } from './random.ts'

const say = (line: string) => process.stdout.write(`${line}\n`)

interface Line extends Tally { title: string, database: string, violations: string[], skipped: string | null, seconds: number, notes: string[] }

const asked = readOrExit()
const random = createRandom(asked.seed)
const chosen = FAULTS.filter(({ name, isShort }) => asked.only.length > 0 ? asked.only.includes(name) : isShort || !asked.isShort)
const cluster = chosen.some(({ databases }) => databases.includes('postgresql')) ? await startCluster() : null
say(`seed ${asked.seed}${asked.isShort ? ', the short form' : ''}\n`)
say(row('fault', 'database', 'runs', 'kills', 'violations', 'seconds'))

let leave = async (): Promise<void> => {}
let isLeaving = false
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => {
    isLeaving = true
    void leave().then(() => cluster?.stop()).finally(() => process.exit(130))
  })
}

let broken = 0
let skipped = 0
for (const fault of chosen) {
  // In the short form the seed chooses on which database.
  for (const database of asked.isShort ? [random.fork(fault.title).pick(fault.databases)] : fault.databases) {
    if (isLeaving)
      await new Promise(() => {}) // the process is about to end
    const line = await tryFault(fault, database, random.fork(`${fault.name} ${database}`))
    broken += line.violations.length
    skipped += line.skipped === null ? 0 : 1
    say(row(line.title, line.database, String(line.runs), String(line.kills), line.skipped === null ? String(line.violations.length) : 'skipped', line.seconds.toFixed(1)))
    for (const words of [...line.skipped === null ? [] : [line.skipped], ...line.notes, ...line.violations.slice(0, 20).map(violation => `BROKEN ${violation}`)])
      say(`    ${words}`)
  }
}
await cluster?.stop()
say(`\n${broken === 0 ? 'no rule was broken' : `${broken} violations; again with --seed ${asked.seed}`}${skipped > 0 ? `, ${skipped} not tried on this machine` : ''}`)
process.exit(broken === 0 ? 0 : 1)

async function tryFault(fault: Fault, database: DatabaseKind, random: Random): Promise<Line> {
  const startedAt = performance.now()
  const ground = await openGround({ database, cluster: clusterFor(database), random, isShort: asked.isShort, runs: asked.runs })
  leave = ground.leave
  const line = { title: fault.title, database, runs: 0, kills: 0, skipped: null as string | null }
  try {
    Object.assign(line, await fault.run(ground))
  }
  catch (error) {
    if (error instanceof Skipped)
      line.skipped = error.message
    else
      ground.violations.push(`it came to no end: ${error instanceof Error ? error.stack ?? error.message : String(error)}`)
  }
  await ground.leave()
  return { ...line, violations: ground.violations, notes: ground.notes, seconds: (performance.now() - startedAt) / 1000 }
}

function clusterFor(database: DatabaseKind): Cluster | null {
  return database === 'postgresql' ? cluster : null
}

function row(title: string, database: string, runs: string, kills: string, violations: string, seconds: string): string {
  return `${title.padEnd(58)} ${database.padEnd(10)} ${runs.padStart(6)} ${kills.padStart(6)} ${violations.padStart(11)} ${seconds.padStart(8)}`
}

function readOrExit(): ReturnType<typeof readArguments> {
  try {
    return readArguments(process.argv.slice(2), FAULTS.map(({ name }) => name))
  }
  catch (error) {
    console.error(`test:faults: ${error instanceof Error ? error.message : String(error)}`)
    process.exit(1)
  }
}
