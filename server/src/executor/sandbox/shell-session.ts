import type { ChildProcess } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { CommandEnd } from '../../domain/event.ts'
import type { IsolationLevel } from '../../domain/run.ts'
import type { RunCgroup } from './cgroup.ts'
import type { Relay } from './relay.ts'
import type { SessionOutput } from './session-output.ts'
import type { CommandOptions, Conversation, Session } from './session.ts'
import type { ShellProcess } from './terminate.ts'
import { spawn } from 'node:child_process'
import { takePipe } from './pipes.ts'
import { childrenOf } from './processes.ts'
import { findProgram } from './programs.ts'
import { createSessionOutput } from './session-output.ts'
import { BEGUN, commandLines, conversationLine, INPUT_FD, openingLines, whyNotCommand } from './shell-script.ts'
import { endSession, terminateCommand } from './terminate.ts'

/** How a level starts its shell. */
export interface ShellPlan {
  level: IsolationLevel
  by: string
  /** The command line that becomes `sh`, reading commands from its standard input. */
  argv: string[]
  /** Whether a command of it may converse: one more pipe. */
  hasInput: boolean
  /** A line of sh. */
  limits: string
  /** What leads ports of its loopback to sockets of the worker. */
  relay: Relay | null
  /** What the starting program itself sees; the commands see `environment` alone. */
  spawnEnv: Record<string, string>
  environment: Record<string, string>
  /** Where commands start, as seen from inside. */
  folder: string
  /** True when everything in it dies with the first process of its PID namespace. */
  hasPidNamespace: boolean
  /** `NAME=value`: in the environment of everything that the session starts. */
  marker: string
  /** The run has another session in the same control group, which outlives this one. */
  isBeside: boolean
  /** Where all that it starts is counted and kept within bounds; null where there is none. */
  cgroup: RunCgroup | null
  graceMs: number
}

export type Opened = { session: Session } | { error: string }

const READY_TIMEOUT_MS = 10_000

/** Starts the shell and waits until it answers. Never rejects but where the system has no file descriptors left. */
export async function openShell(plan: ShellPlan): Promise<Opened> {
  const pipes = await Promise.all([takePipe(), takePipe()])
  const [stdout, stderr] = pipes
  const child = spawn(plan.argv[0]!, plan.argv.slice(1), {
    cwd: '/',
    env: plan.spawnEnv,
    stdio: ['pipe', stdout?.writeFd ?? 'pipe', stderr?.writeFd ?? 'pipe', 'pipe', ...moreDescriptors(plan)],
    detached: true,
  })
  pipes.forEach(pipe => pipe?.closeWriter())
  const outputs = { stdout: stdout?.reader ?? child.stdout!, stderr: stderr?.reader ?? child.stderr! }
  return new Promise((resolve) => {
    const session = new ShellSession(plan, child, createSessionOutput(outputs))
    const give = (opened: Opened) => {
      clearTimeout(timer)
      if ('error' in opened)
        void session.close()
      resolve(opened)
    }
    const timer = setTimeout(give, READY_TIMEOUT_MS, { error: `the session's shell did not answer within ${READY_TIMEOUT_MS / 1000} s` })
    session.onReady = () => give({ session })
    session.onLost = detail => give({ error: detail })
  })
}

/** From 4 on: the relay's two, and INPUT_FD. */
function moreDescriptors({ relay, hasInput }: ShellPlan): ('ignore' | 'pipe' | number)[] {
  const forRelay = relay?.stdio ?? []
  return hasInput ? [...forRelay, ...Array.from({ length: INPUT_FD - 4 - forRelay.length }, () => 'ignore' as const), 'pipe'] : forRelay
}

interface Current {
  id: number
  begun?: () => void
  finish: (exitCode: number | null, detail: string) => void
}

class ShellSession implements Session {
  readonly level
  readonly by
  onReady: () => void = () => {}
  onLost: (detail: string) => void = () => {}

  private readonly plan: ShellPlan
  private readonly child: ChildProcess
  private readonly output: SessionOutput
  private readonly input: Writable | null
  private readonly exited: Promise<void>
  private shell: ShellProcess | null = null
  private current: Current | null = null
  private queue: Promise<unknown> = Promise.resolve()
  private lastId = 0
  private lostBecause: string | null = null
  private closing: Promise<{ survivors: number }> | null = null

  constructor(plan: ShellPlan, child: ChildProcess, output: SessionOutput) {
    this.level = plan.level
    this.by = plan.by
    this.plan = plan
    this.child = child
    this.output = output
    this.exited = new Promise(resolve => child.once('exit', () => resolve()).once('error', () => resolve()))
    child.once('error', error => this.lost(`could not be started: ${error.message}`))
    child.once('exit', (code, signal) => setImmediate(() => void this.ended(signal ?? `exit ${code}`)))
    this.input = plan.hasInput ? (child.stdio as (Readable | Writable | null)[])[INPUT_FD] as Writable : null
    for (const stream of [child.stdin!, child.stdio[3] as Readable, this.input])
      stream?.on('error', () => {}) // It has ended; its `exit` says so.
    this.readAnswers(child.stdio[3] as Readable)
    child.stdin!.write(openingLines(plan))
  }

  get isLost(): boolean {
    return this.lostBecause !== null
  }

  get pid(): number | null {
    return this.lostBecause === null ? this.shell?.shellPid ?? null : null
  }

  run(command: string, options: CommandOptions): Promise<CommandEnd> {
    const turn = this.queue.then(() => this.runNow(command, options))
    this.queue = turn
    return turn
  }

  converse(command: string, options: Pick<CommandOptions, 'onOutput'>): Conversation {
    const startedAt = performance.now()
    const input = this.child.stdin!
    const id = ++this.lastId
    const refusal = this.lostBecause ?? whyNotCommand(command)
    let waiting: string[] | null = []
    const ended = new Promise<CommandEnd>((resolve) => {
      const finish = (exitCode: number | null, detail: string) => {
        this.current = null
        waiting = []
        const how = exitCode === null ? { ended: 'killed' as const, error: detail } : { ended: 'exited' as const }
        resolve({ exitCode, signal: null, ...how, durationMs: Math.round(performance.now() - startedAt) })
      }
      if (refusal !== null)
        return finish(null, refusal)
      this.output.attach(options.onOutput)
      const begun = () => {
        for (const text of waiting ?? [])
          input.write(text)
        waiting = null
      }
      this.current = { id, begun, finish }
      input.write(conversationLine({ id, command, setsid: this.plan.hasPidNamespace ? null : findProgram('setsid') }))
    })
    return {
      // Before it has begun, the shell would take it for its own.
      write: text => void (waiting ? waiting.push(text) : this.lostBecause === null && input.write(text)),
      unreadBytes: () => input.writableLength,
      ended,
    }
  }

  close(): Promise<{ survivors: number }> {
    this.closing ??= this.closeNow()
    return this.closing
  }

  private async runNow(command: string, options: CommandOptions): Promise<CommandEnd> {
    const startedAt = performance.now()
    const end = (rest: Omit<CommandEnd, 'durationMs'>): CommandEnd => ({ ...rest, durationMs: Math.round(performance.now() - startedAt) })
    const shell = this.shell
    if (options.signal?.aborted)
      return end({ exitCode: null, signal: null, ended: 'cancelled' })
    if (!shell || this.lostBecause !== null || this.closing)
      return end({ exitCode: null, signal: null, ended: 'lost', error: this.lostBecause ?? 'the session is closed' })
    const refusal = whyNotCommand(command) ?? (options.converse && !this.input?.writable ? 'the session has no pipe for a conversation' : null)
    if (refusal)
      return end({ exitCode: null, signal: null, ended: 'spawn_error', error: refusal })

    const id = ++this.lastId
    const before = new Set(childrenOf(shell.shellPid))
    const stopped = new AbortController()
    let endedBy: 'timeout' | 'cancelled' | null = null
    let lastSignal: NodeJS.Signals | null = null
    let terminating: Promise<void> | null = null
    const stop = (reason: 'timeout' | 'cancelled') => {
      if (endedBy)
        return
      endedBy = reason
      terminating = terminateCommand({ shell, before, graceMs: this.plan.graceMs, ended: stopped.signal, onSignal: name => lastSignal = name })
        .then(hasEnded => hasEnded ? undefined : void this.close())
    }
    const timer = setTimeout(stop, options.timeoutMs, 'timeout')
    const onAbort = () => stop('cancelled')
    options.signal?.addEventListener('abort', onAbort, { once: true })

    const answer = await new Promise<{ exitCode: number | null, detail: string }>((resolve) => {
      this.output.attach(options.onOutput)
      this.current = { id, finish: (exitCode, detail) => resolve({ exitCode, detail }) }
      const input = options.converse ? 'open' : this.plan.hasInput ? 'closed' : 'none'
      this.child.stdin!.write(commandLines({ id, command, env: options.env ?? {}, stdin: options.stdin ?? null, input, setsid: this.plan.hasPidNamespace ? null : findProgram('setsid') }))
      if (options.converse && this.input)
        options.converse(this.input)
    })
    if (options.converse)
      this.input?.destroy()
    stopped.abort()
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', onAbort)
    this.current = null
    await terminating // Else it would take the next command for what is left of this one.
    await this.output.detach()
    if (endedBy)
      return end({ exitCode: null, signal: lastSignal, ended: endedBy })
    if (answer.exitCode === null)
      return end({ exitCode: null, signal: null, ended: 'killed', error: answer.detail })
    return end({ exitCode: answer.exitCode, signal: null, ended: 'exited' })
  }

  private readAnswers(answers: Readable): void {
    let rest = ''
    answers.setEncoding('latin1').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop()!
      for (const line of lines)
        this.answered(line)
      if (rest.length > 200) // Only a command that reached for its shell's descriptor writes so.
        void this.close()
    })
  }

  private answered(line: string): void {
    const [id, code] = line.split(' ').map(Number)
    if (!this.shell && id === 0) {
      const outerPid = this.child.pid!
      const shellPid = this.plan.hasPidNamespace ? childrenOf(outerPid)?.[0] : outerPid
      if (shellPid === undefined)
        return
      this.shell = this.describe(outerPid, shellPid, this.plan.hasPidNamespace)
      this.enterCgroup(shellPid)
    }
    else if (this.current && id === this.current.id && Number.isInteger(code)) {
      if (code === BEGUN)
        this.current.begun?.()
      else
        this.current.finish(code!, '')
    }
  }

  /** Before it has been given anything to do. The relay, too: an agent may make a process of its own user do what it wants. */
  private enterCgroup(shellPid: number): void {
    try {
      for (const pid of this.plan.relay ? [...childrenOf(shellPid) ?? [], shellPid] : [shellPid])
        this.plan.cgroup?.attach(pid)
      this.onReady()
    }
    catch (error) {
      this.onLost(`it could not be put into its control group: ${(error as Error).message}`)
    }
  }

  private lost(detail: string): void {
    if (this.lostBecause !== null)
      return
    this.lostBecause = detail
    this.onLost(detail)
    this.current?.finish(null, detail)
  }

  private async closeNow(): Promise<{ survivors: number }> {
    const pid = this.child.pid
    const survivors = pid === undefined
      ? 0
      : await endSession(this.shell ?? this.describe(pid, pid, false))
    this.lost('the session was closed')
    this.output.destroy()
    for (const stream of [this.child.stdin as Writable, this.child.stdio[3] as Readable, this.input])
      stream?.destroy()
    return { survivors }
  }

  /** Before it was ready, what it said is why. */
  private async ended(how: string): Promise<void> {
    if (!this.shell)
      await this.output.over()
    const words = this.shell ? '' : this.output.unclaimedText()
    this.lost(`its shell ended (${how})${words ? `: ${words}` : ''}`)
  }

  private describe(outerPid: number, shellPid: number, hasPidNamespace: boolean): ShellProcess {
    const hasExited = () => this.child.exitCode !== null || this.child.signalCode !== null
    const { marker, isBeside, cgroup } = this.plan
    return { outerPid, shellPid, hasPidNamespace, marker, cgroup: isBeside ? null : cgroup, exited: this.exited, hasExited }
  }
}
