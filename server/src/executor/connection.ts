import type { ChildProcess } from 'node:child_process'
import type { NewEvent } from '../domain/event.ts'
import type { ExecutorHostOptions, LostRun, RunHandlers } from './host-contract.ts'
import type { CancelRun, ExecutorInput, StartRun } from './protocol/input.ts'
import type { ExecutorOutput, RunOutcome } from './protocol/output.ts'
import type { LevelTable } from './sandbox/layout.ts'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import { parseNewEvent } from '../domain/event.ts'
import { EXECUTOR_MAIN } from '../program-files.ts'
import { MAX_LINE_BYTES, readLines } from './protocol/lines.ts'
import { executorOutput } from './protocol/output.ts'
import { SYSTEM_PATH } from './sandbox/programs.ts'

/** One executor process, from its start to its death. */
export interface ExecutorConnection {
  readonly pid: number | null
  /** Rejects when it dies before. */
  ready: Promise<LevelTable>
  /** With the signal or exit code, and the last of what it wrote to stderr. */
  died: Promise<string>
  run(start: StartRun, handlers: RunHandlers): Promise<RunOutcome | LostRun>
  cancel(runId: string, reason: CancelRun['reason'], detail: string): void
  /** Ends it by the end of its input; kills it when it does not obey. */
  close(): Promise<void>
}

interface HostedRun {
  handlers: RunHandlers
  lastRequest: number
  openRequests: number
  /** What the worker still works on: the outcome waits for it. */
  unsettled: Set<Promise<void>>
  settle: (outcome: RunOutcome | LostRun) => void
}

const READY_TIMEOUT_MS = 15_000
const CLOSE_TIMEOUT_MS = 4000
const KEPT_ERROR_CHARACTERS = 4000
/** Bytes of events that the worker has not taken yet: beyond that nothing is read from the executor. */
const MAX_UNSETTLED_BYTES = 8 * 1024 * 1024
/** A loop asks one thing at a time, or two. */
const MAX_OPEN_REQUESTS = 16

export function connectExecutor(o: ExecutorHostOptions & { log: (line: string) => void }): ExecutorConnection {
  const runs = new Map<string, HostedRun>()
  const child = spawnExecutor(o)
  const cgroupProblem = adopt(o, child.pid)
  const ready = Promise.withResolvers<LevelTable>()
  const died = Promise.withResolvers<string>()
  let errorTail = ''
  let violation: string | null = null
  let unsettledBytes = 0
  let isReady = false
  ready.promise.catch(() => {}) // Whoever starts an executor awaits it.

  const readyTimer = setTimeout(violate, READY_TIMEOUT_MS, `it was not ready within ${READY_TIMEOUT_MS / 1000} s`)
  if (cgroupProblem)
    o.log(cgroupProblem)
  child.stdin!.on('error', () => {}) // Its death is told by `exit`.
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    errorTail = (errorTail + text).slice(-KEPT_ERROR_CHARACTERS)
  })
  readLines(child.stdout!, { maxBytes: MAX_LINE_BYTES, onLine: receive, onTooLong: () => violate(`it sent a line of more than ${MAX_LINE_BYTES} bytes`) })
  child.once('error', error => end(`it could not be started: ${error.message}`))
  // At `exit`, not at `close`: something may hold its pipes. What it wrote last is read in the turns before.
  child.once('exit', (code, signal) => setImmediate(() => setImmediate(() => end(signal ?? `exit code ${code}`))))

  return { pid: child.pid ?? null, ready: ready.promise, died: died.promise, run, cancel, close }

  function run(start: StartRun, handlers: RunHandlers): Promise<RunOutcome | LostRun> {
    if (runs.has(start.runId))
      return Promise.resolve({ lost: true, detail: `run ${start.runId} is in this executor already` })
    return new Promise((settle) => {
      runs.set(start.runId, { handlers, lastRequest: 0, openRequests: 0, unsettled: new Set(), settle })
      send(start)
    })
  }

  function cancel(runId: string, reason: CancelRun['reason'], detail: string): void {
    if (runs.has(runId))
      send({ type: 'run.cancel', runId, reason, detail })
  }

  async function close(): Promise<void> {
    child.stdin!.end()
    const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_TIMEOUT_MS)
    await died.promise
    clearTimeout(timer)
  }

  function send(message: ExecutorInput): void {
    child.stdin!.write(`${JSON.stringify(message)}\n`)
  }

  function receive(line: string): void {
    if (violation)
      return
    try {
      handle(executorOutput.parse(JSON.parse(line)), line.length)
    }
    catch (error) {
      violate(`it broke the protocol: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  /** Throws when the message should not have come. */
  function handle(message: ExecutorOutput, sizeBytes: number): void {
    if (message.type === 'ready') {
      if (isReady)
        throw new Error('it said twice that it is ready')
      isReady = true
      clearTimeout(readyTimer)
      ready.resolve(message.levels)
      return
    }
    const run = runs.get(message.runId)
    if (!run)
      throw new Error(`it spoke of run ${message.runId.slice(0, 100)}, which it does not have`)
    if (message.type === 'events')
      hold(run, take(run.handlers, message.events.map(one => parseNewEvent({ ...one, data: one.data }))), message.runId, sizeBytes)
    else if (message.type === 'usage')
      run.handlers.usage?.(message.usage)
    else if (message.type === 'request')
      answer(message.runId, run, message)
    else
      void finish(message.runId, run, message.outcome)
  }

  function hold(run: HostedRun, taken: Promise<void>, runId: string, sizeBytes: number): void {
    unsettledBytes += sizeBytes
    if (unsettledBytes > MAX_UNSETTLED_BYTES)
      child.stdout!.pause()
    const settled = taken.catch((error: Error) => cancel(runId, 'interrupted', error.message)).then(() => {
      run.unsettled.delete(settled)
      unsettledBytes -= sizeBytes
      if (unsettledBytes <= MAX_UNSETTLED_BYTES / 2)
        child.stdout!.resume()
    })
    run.unsettled.add(settled)
  }

  function answer(runId: string, run: HostedRun, { request, ask }: Extract<ExecutorOutput, { type: 'request' }>): void {
    if (request <= run.lastRequest || ++run.openRequests > MAX_OPEN_REQUESTS)
      throw new Error(`request ${request} of run ${runId} is one too many`)
    run.lastRequest = request
    if (ask.kind === 'record')
      ask.events.forEach(one => parseNewEvent({ ...one, data: one.data }))
    const chunk = (text: string) => {
      // A convenience for loops that show text early: left out while the executor is behind.
      if (!child.stdin!.writableNeedDrain)
        send({ type: 'model.chunk', runId, request, text })
    }
    const settled = Promise.resolve().then(() => run.handlers.ask(ask, chunk)).then(
      value => send({ type: 'reply', runId, request, ok: true, value }),
      (error: Error) => send({ type: 'reply', runId, request, ok: false, error: error.message }),
    ).then(() => void run.openRequests--)
    void settled
  }

  async function finish(runId: string, run: HostedRun, outcome: RunOutcome): Promise<void> {
    runs.delete(runId)
    await Promise.all(run.unsettled)
    run.settle(outcome)
  }

  function violate(detail: string): void {
    violation ??= detail
    o.log(`executor ${child.pid} is killed: ${detail}`)
    child.kill('SIGKILL')
  }

  function end(how: string): void {
    clearTimeout(readyTimer)
    const detail = [violation ?? how, errorTail.trim()].filter(Boolean).join('; stderr: ')
    ready.reject(new Error(`the executor ended: ${detail}`))
    for (const [runId, run] of runs)
      void Promise.all(run.unsettled).then(() => run.settle({ lost: true, detail: `the executor of run ${runId} ended: ${detail}` }))
    runs.clear()
    child.stdout!.destroy()
    child.stdin!.destroy()
    died.resolve(detail)
  }
}

/** Before its probe makes a group: it is a node process that starts, and takes far longer. */
function adopt({ cgroup }: ExecutorHostOptions, pid: number | undefined): string | null {
  try {
    if (pid !== undefined)
      cgroup?.adopt(pid)
    return null
  }
  catch (error) {
    return `executor ${pid} could not be put into its control group, so limits are kept without: ${(error as Error).message}`
  }
}

/** A handler that throws is a handler that rejects. */
async function take(handlers: RunHandlers, events: NewEvent[]): Promise<void> {
  await handlers.events(events)
}

/** Its environment is built from nothing. A session of its own, so that Ctrl-C at the server's terminal does not reach it. */
function spawnExecutor(o: ExecutorHostOptions): ChildProcess {
  const codeCache = getCompileCacheDir()
  const main = o.mainPath ?? EXECUTOR_MAIN
  return spawn(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    main,
    ...(o.runAs ? ['--run-as', `${o.runAs.uid}:${o.runAs.gid}`] : []),
    ...(o.sandboxBy ?? []).flatMap(way => ['--sandbox-by', way]),
    ...(o.engine ? ['--engine', JSON.stringify(o.engine)] : []),
    ...(o.cgroup ? ['--cgroups', JSON.stringify(o.cgroup.tree)] : []),
  ], {
    cwd: '/',
    env: {
      PATH: SYSTEM_PATH,
      AGENTOS_PROBE_CANARY: `canary-${randomBytes(12).toString('hex')}`,
      // The server's own cache of stripped and compiled modules: without it half of the start-up is spent on TypeScript.
      ...(codeCache ? { NODE_COMPILE_CACHE: dirname(codeCache) } : {}),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
}
