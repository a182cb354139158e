/**
 * `npm run test:kills [-- COUNT]`: kills trees of processes that are hard to kill, in every way in which a run can end, at each level, and
 * counts what is left alive, by looking at the machine and not by asking the executor. 0 is the promise at level sandbox, and at level
 * process where control groups can be had; elsewhere the count is what it is. Exits 1 when a promise was broken.
 */
import type { ExecutorHost } from '../../src/executor/host.ts'
import type { TestRun } from '../executor-harness.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { findByCommandLine, performRun, startExecutor, testedWays } from '../executor-harness.ts'
import { hardToKill } from './hard-to-kill.ts'

const say = (line: string) => process.stdout.write(`${line}\n`)

interface Place { name: string, level: 'sandbox' | 'process', options: Parameters<typeof startExecutor>[0] & object, isPromised: boolean }

const HOWS = ['natural end', 'stop', 'timeout', 'kill -9 of the executor', 'kill -9 of the server'] as const
type How = (typeof HOWS)[number]

const AT_ONCE = 10
/** What ends with its parent may take a moment. */
const SETTLE_MS = 3000
const kills = Number(process.argv[2] ?? 1000)
if (!Number.isInteger(kills) || kills < HOWS.length) {
  console.error(`test:kills: expected a whole number of at least ${HOWS.length}, got ${JSON.stringify(process.argv[2])}`)
  process.exit(1)
}

const places: Place[] = [
  ...testedWays().map(way => ({ name: `sandbox by ${way}`, level: 'sandbox' as const, options: { sandboxBy: [way] }, isPromised: true })),
  { name: 'process, with control groups', level: 'process', options: { cgroups: true }, isPromised: true },
  { name: 'process, without', level: 'process', options: {}, isPromised: false },
]

let lengths = 600_000 + process.pid % 1000 * 100
let broken = 0
say(`${'level'.padEnd(32)} ${'ended by'.padEnd(26)} ${'kills'.padStart(6)} ${'left alive'.padStart(11)}`)
for (const place of places) {
  for (const how of HOWS) {
    // The promise is tried in full where it is made; elsewhere a tenth tells as much.
    const count = Math.ceil(kills / HOWS.length / (place.level === 'sandbox' ? testedWays().length : 10))
    const left = await killMany(place, how, count)
    say(`${place.name.padEnd(32)} ${how.padEnd(26)} ${String(count).padStart(6)} ${String(left).padStart(11)}${left > 0 && place.isPromised ? '   BROKEN' : ''}`)
    broken += place.isPromised ? left : 0
  }
}
say(broken === 0 ? 'nothing survived where nothing may' : `${broken} processes survived where none may`)
process.exit(broken === 0 ? 0 : 1)

async function killMany(place: Place, how: How, count: number): Promise<number> {
  await using host = how === 'kill -9 of the server' ? null : await startExecutor(place.options)
  let left = 0
  for (let done = 0; done < count; done += AT_ONCE) {
    const words = Array.from({ length: Math.min(AT_ONCE, count - done) }, () => String(++lengths))
    await (how === 'kill -9 of the executor' ? killExecutor(host!, place, words) : Promise.all(words.map(word => killOne(host, place, how, word))))
    left += await countLeft(words)
  }
  return left
}

async function killOne(host: ExecutorHost | null, { level, options }: Place, how: How, word: string): Promise<void> {
  if (!host)
    return killServer(level, word, options)
  const stop = new AbortController()
  const run: Record<string, TestRun> = {
    'natural end': { steps: [hardToKill(word)] },
    'stop': { steps: [`${hardToKill(word)}\necho up; sleep 60`], signal: stop.signal, onEvent: event => void (event.type === 'step.output' && stop.abort()) },
    'timeout': { steps: [{ run: `${hardToKill(word)}\nsleep 60`, timeoutMs: 3000 }] },
  }
  await performRun(host, { level, graceMs: 100, ...run[how] })
}

async function killExecutor(host: ExecutorHost, { level }: Place, words: string[]): Promise<void> {
  const { pid } = host
  let up = 0
  const onEvent: TestRun['onEvent'] = (event) => {
    if (event.type === 'step.output' && ++up === words.length)
      process.kill(pid!, 'SIGKILL')
  }
  await Promise.all(words.map(word => performRun(host, { level, steps: [`${hardToKill(word)}\necho up; sleep 60`], onEvent })))
}

async function killServer(level: string, word: string, options: object): Promise<void> {
  const fixture = fileURLToPath(new URL('../executor-fixtures/server.ts', import.meta.url))
  const server = spawn(process.execPath, [fixture, level, `${hardToKill(word)}\necho up; sleep 60`, JSON.stringify(options)])
  await once(server.stdout, 'data')
  const exited = once(server, 'exit')
  server.kill('SIGKILL')
  await exited
}

/** Looks until nothing is left or the time is over; what is left by then is counted, and ended. */
async function countLeft(words: string[]): Promise<number> {
  const until = performance.now() + SETTLE_MS
  const find = () => words.flatMap(findByCommandLine)
  while (find().length > 0 && performance.now() < until)
    await pause(50)
  const left = find()
  for (const pid of left)
    process.kill(pid, 'SIGKILL')
  return left.length
}
