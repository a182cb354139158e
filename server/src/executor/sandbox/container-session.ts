import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import type { CommandEnd } from '../../domain/event.ts'
import type { ContainerOptions } from './container-command.ts'
import type { Engine } from './engine.ts'
import type { CommandOptions, OutputStream, Session } from './session.ts'
import { spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { execArguments, killArguments, PASSED, removeArguments, runArguments } from './container-command.ts'
import { callEngine } from './engine.ts'
import { isVariableName, whyNotCommand } from './shell-script.ts'

export interface ContainerPlan {
  engine: Engine
  container: ContainerOptions
  /** The whole environment of the engine's command line. */
  engineEnvironment: Record<string, string>
  /** What its commands see, beside what the image sets. */
  environment: Record<string, string>
  fixed: Record<string, string>
  graceMs: number
}

const READY_TIMEOUT_MS = 60_000
const CLOSE_TIMEOUT_MS = 10_000
const DRAIN_MS = 1000
/** While the worker takes its time. */
const HELD_DRAIN_MS = 60_000
const KILL_TRIES = 3
const KEPT_CHARACTERS = 4000

/** Starts the container and waits until its first process answers. */
export async function openContainer(plan: ContainerPlan): Promise<{ session: Session } | { error: string }> {
  const { engine, engineEnvironment } = plan
  const child = spawn(engine.path, runArguments(engine, plan.container), { cwd: '/', env: engineEnvironment, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
  const words = tailOf(child)
  const exited = new Promise<string>((resolve) => {
    child.once('error', error => resolve(`it could not be started: ${error.message}`))
    child.once('exit', (code, signal) => setImmediate(() => resolve(signal ?? `exit code ${code}`)))
  })
  child.stdin!.on('error', () => {}) // Its end is told by `exit`.
  const session = createSession(plan, child, exited)
  const late = new AbortController()
  const isReady = await Promise.race([
    new Promise<boolean>(resolve => child.stdout!.on('data', () => words.stdout().includes('ready') && resolve(true))),
    exited.then(() => false),
    delay(READY_TIMEOUT_MS, false, { signal: late.signal }).catch(() => false),
  ])
  late.abort()
  if (isReady)
    return { session }
  await session.close()
  return { error: await whyNot(plan, words.stderr()) }
}

/** An image that is not here is the likeliest reason, and has its own sentence. */
async function whyNot({ engine, engineEnvironment, container: { spec: { image } } }: ContainerPlan, words: string): Promise<string> {
  const found = await callEngine(engine.path, ['image', 'inspect', '--format', 'found', image ?? ''], engineEnvironment)
  if (!found.ok && !/permission|connect/i.test(found.error))
    return `the image ${image} is not on this machine: ${engine.name} pull ${image}`
  return `the container did not start (its image needs /bin/sh): ${words.trim() || `it did not answer within ${READY_TIMEOUT_MS / 1000} s`}`
}

function createSession(plan: ContainerPlan, child: ChildProcess, exited: Promise<string>): Session {
  const { engine, engineEnvironment, container: { name } } = plan
  let queue: Promise<unknown> = Promise.resolve()
  let lostBecause: string | null = null
  let closing: Promise<{ survivors: number }> | null = null
  let commands = 0
  void exited.then((how) => {
    lostBecause ??= `its container ended (${how})`
  })

  return {
    level: 'container',
    by: `${engine.name} ${engine.version}`,
    // The engine counts for itself; which of the machine's processes are the container's is its affair.
    pid: null,
    get isLost() {
      return lostBecause !== null
    },
    run(command, options) {
      const turn = queue.then(() => runNow(command, options))
      queue = turn
      return turn
    },
    close: () => closing ??= closeNow(),
  }

  async function runNow(command: string, options: CommandOptions): Promise<CommandEnd> {
    const startedAt = performance.now()
    const end = (rest: Omit<CommandEnd, 'durationMs'>): CommandEnd => ({ ...rest, durationMs: Math.round(performance.now() - startedAt) })
    if (options.signal?.aborted)
      return end({ exitCode: null, signal: null, ended: 'cancelled' })
    if (lostBecause !== null || closing)
      return end({ exitCode: null, signal: null, ended: 'lost', error: lostBecause ?? 'the session is closed' })
    const refusal = whyNotCommand(command)
    if (refusal)
      return end({ exitCode: null, signal: null, ended: 'spawn_error', error: refusal })

    const mark = `AGENTOS_COMMAND=${++commands}x`
    const client = startCommand(command, options, mark)
    let endedBy: 'timeout' | 'cancelled' | null = null
    let lastSignal: NodeJS.Signals | null = null
    const stop = (reason: 'timeout' | 'cancelled') => {
      if (endedBy)
        return
      endedBy = reason
      void terminate(client, mark, name => lastSignal = name)
    }
    const timer = setTimeout(stop, options.timeoutMs, 'timeout')
    const onAbort = () => stop('cancelled')
    options.signal?.addEventListener('abort', onAbort, { once: true })
    const exitCode = await client.ended
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', onAbort)
    child.stdin!.write('\n')

    if (endedBy)
      return end({ exitCode: null, signal: lastSignal, ended: endedBy })
    // 125 may be the engine's word or the command's: it is the engine's when the container is gone.
    if (exitCode === null || (exitCode === 125 && await isGone()))
      return end({ exitCode: null, signal: null, ended: 'killed', error: lostBecause ?? `${engine.name} exec ended without an answer` })
    return end({ exitCode, signal: null, ended: 'exited' })
  }

  function startCommand(command: string, options: CommandOptions, mark: string): CommandClient {
    const variables = Object.entries({ ...plan.environment, ...options.env }).filter(([name]) => isVariableName(name))
    const [markName = '', markValue = ''] = mark.split('=')
    const args = execArguments({
      container: name,
      names: variables.map(([name]) => name),
      fixed: { ...plan.fixed, [markName]: markValue },
      path: plan.container.spec.path,
      hasInput: options.stdin !== undefined || options.converse !== undefined,
    })
    const passed = Object.fromEntries(variables.map(([, value], index) => [PASSED.value(index), value.replaceAll('\0', '')]))
    return startClient(spawn(engine.path, args, {
      cwd: '/',
      env: { ...engineEnvironment, ...passed, [PASSED.script]: command },
      stdio: [options.stdin === undefined && !options.converse ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      detached: true,
    }), options)
  }

  /** SIGTERM to all that carries the command's mark, the grace, SIGKILL; what still goes on then ends with the container. */
  async function terminate(client: CommandClient, mark: string, onSignal: (name: NodeJS.Signals) => void): Promise<void> {
    onSignal('SIGTERM')
    await callEngine(engine.path, killArguments(name, mark, 'TERM'), engineEnvironment, { timeoutMs: CLOSE_TIMEOUT_MS })
    await client.endsWithin(plan.graceMs)
    for (let tries = 0; tries < KILL_TRIES && !client.hasEnded(); tries++) {
      onSignal('SIGKILL')
      await callEngine(engine.path, killArguments(name, mark, 'KILL'), engineEnvironment, { timeoutMs: CLOSE_TIMEOUT_MS })
      await client.endsWithin(DRAIN_MS)
    }
    if (client.hasEnded())
      return
    void (closing ??= closeNow())
    client.kill()
  }

  async function isGone(): Promise<boolean> {
    await within(exited, DRAIN_MS)
    return lostBecause !== null
  }

  async function closeNow(): Promise<{ survivors: number }> {
    lostBecause ??= 'the session was closed'
    child.stdin!.end()
    await callEngine(engine.path, removeArguments(engine, [name]), engineEnvironment)
    const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_TIMEOUT_MS)
    await exited
    clearTimeout(timer)
    const left = await callEngine(engine.path, ['ps', '--all', '--quiet', '--filter', `name=^${name}$`], engineEnvironment)
    return { survivors: left.output.split('\n').filter(Boolean).length }
  }
}

/** The engine's command line while a command runs. */
interface CommandClient {
  /** The exit code; null when there is none. */
  ended: Promise<number | null>
  hasEnded(): boolean
  endsWithin(timeoutMs: number): Promise<void>
  kill(): void
}

function startClient(client: ChildProcess, options: CommandOptions): CommandClient {
  let isEnded = false
  if (client.stdin) {
    client.stdin.on('error', () => {}) // It reads no more.
    if (options.converse)
      options.converse(client.stdin)
    else
      client.stdin.end(options.stdin)
  }
  const streams = [client.stdout!, client.stderr!]
  for (const name of ['stdout', 'stderr'] satisfies OutputStream[]) {
    const stream = client[name]!
    stream.on('error', () => {}).on('data', (bytes: Buffer) => {
      if (!isEnded && !options.onOutput(name, bytes, () => void stream.resume()))
        stream.pause()
    })
  }
  const exit = new Promise<number | null>((resolve) => {
    client.once('error', () => resolve(null))
    client.once('exit', code => resolve(code))
  })
  const ended = exit.then(async (code) => {
    await drain(client, streams)
    isEnded = true
    for (const stream of streams)
      stream.resume()
    return code
  })
  return {
    ended,
    hasEnded: () => isEnded,
    endsWithin: timeoutMs => within(ended, timeoutMs),
    kill: () => void client.kill('SIGKILL'),
  }
}

/** What it wrote is read to its end, but not for ever: something in the background may hold its pipes, and the worker may be slow. */
async function drain(client: ChildProcess, streams: Readable[]): Promise<void> {
  const startedAt = performance.now()
  const isOpen = () => streams.some(stream => !stream.readableEnded && !stream.destroyed)
  const limitMs = () => streams.some(stream => stream.isPaused()) ? HELD_DRAIN_MS : DRAIN_MS
  while (isOpen() && client.pid !== undefined && performance.now() - startedAt < limitMs())
    await delay(5)
}

async function within(promise: Promise<unknown>, timeoutMs: number): Promise<void> {
  const late = new AbortController()
  await Promise.race([promise, delay(timeoutMs, undefined, { signal: late.signal }).catch(() => {})])
  late.abort()
}

/** The last of what a process writes. */
function tailOf(child: ChildProcess): Record<OutputStream, () => string> {
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] satisfies OutputStream[]) {
    child[name]!.setEncoding('utf8').on('error', () => {}).on('data', (text: string) => {
      texts[name] = (texts[name] + text).slice(-KEPT_CHARACTERS)
    })
  }
  return { stdout: () => texts.stdout, stderr: () => texts.stderr }
}
