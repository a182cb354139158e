import type { CommandEnd, NewEvent } from '../../domain/event.ts'
import type { Channel } from '../channel.ts'
import type { StartRun } from '../protocol/input.ts'
import type { RunOutcome } from '../protocol/output.ts'
import type { LevelTable } from '../sandbox/layout.ts'
import type { Ground } from '../sandbox/probe.ts'
import type { LimitWatch } from './limit-watch.ts'
import type { RunCommandOptions, RunContext } from './run-context.ts'
import type { RunControl, RunEnd } from './run-control.ts'
import type { Sessions } from './sessions.ts'
import { APPROACHED } from '../../domain/limits.ts'
import { AskRefused } from '../channel.ts'
import { runAcp } from './acp/run-acp.ts'
import { runCommand } from './command.ts'
import { createLimitWatch } from './limit-watch.ts'
import { runLlm } from './llm.ts'
import { createRunOutput } from './output.ts'
import { createRawOutput } from './raw-output.ts'
import { createRunControl } from './run-control.ts'
import { runScript } from './script.ts'
import { createSessions } from './sessions.ts'
import { createUsageWatch } from './usage-watch.ts'
import { verify } from './verify.ts'

/** One run in this process, from its start to its outcome. */
export interface HostedRun {
  control: RunControl
  /** Never rejects. The run's sandbox is gone by then. */
  outcome: Promise<RunOutcome>
  /** Ends it with no grace. */
  kill(): void
}

export function hostRun(start: StartRun, channel: Channel, ground: Ground): HostedRun {
  const control = createRunControl()
  const emit = (...events: NewEvent[]) => {
    if (events.length > 0)
      channel.send({ type: 'events', runId: start.runId, events })
  }
  const sessions = createSessions(start, ground, emit)
  const kill = () => {
    control.stop({ reason: 'interrupted', detail: 'the executor ended', canPass: true })
    void sessions.close()
  }
  return { control, kill, outcome: perform({ start, control, channel, ground, sessions, emit }) }
}

async function perform({ start, control, channel, ground, sessions, emit }: {
  start: StartRun
  control: RunControl
  channel: Channel
  ground: Ground
  sessions: Sessions
  emit: (...events: NewEvent[]) => void
}): Promise<RunOutcome> {
  const limits = createLimitWatch({ limits: start.limits, emit, control })
  const stopClock = watchTime(start.limits.timeMs, limits)
  const usage = createUsageWatch({
    root: () => sessions.current()?.pid ?? null,
    cgroup: sessions.cgroup,
    limits,
    folders: start.sandbox.ownFolders,
    send: usage => channel.send({ type: 'usage', runId: start.runId, usage }),
  })
  const raw = createRawOutput({ spoolPath: start.spoolPath, keep: ask => channel.ask(start.runId, ask) })
  const output = createRunOutput({
    raw,
    allowedBytes: start.limits.outputBytes,
    send: events => emit(...events),
    onUse: used => limits.use('output', used),
    onLimit: used => limits.reach('output', used),
    isFull: channel.isFull,
    onRoom: channel.onRoom,
  })
  const context: RunContext = {
    start,
    control,
    limits,
    emit,
    tell: (...events) => output.tell(events),
    keepRaw: () => raw.needIt(),
    ask: what => channel.ask(start.runId, what),
    record: async (...events) => void await channel.ask(start.runId, { kind: 'record', events }),
    warm: () => void sessions.open(),
    command,
    openAnother: sessions.openAnother,
  }

  async function command(text: string, options: RunCommandOptions): Promise<CommandEnd> {
    // In one session every process could read the secrets out of another's environment, or out of the shell's memory.
    if (options.env)
      await sessions.renew()
    if (control.stopped)
      return { exitCode: null, signal: null, ended: 'cancelled', durationMs: 0 }
    const opened = await sessions.use()
    if ('error' in opened)
      return { exitCode: null, signal: null, ended: 'spawn_error', error: opened.error, durationMs: 0 }
    if (options.owner) {
      await raw.begin(options.owner.step)
      output.begin(options.owner, options.lines)
    }
    usage.begin()
    const end = await opened.session.run(text, {
      timeoutMs: options.timeoutMs,
      ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
      ...(options.env && { env: options.env }),
      ...(options.converse && { converse: options.converse }),
      signal: options.signal ?? control.signal,
      onOutput: (stream, bytes, resume) => {
        options.onBytes?.(stream, bytes)
        return options.owner ? output.write(stream, bytes, resume) : true
      },
    })
    if (options.owner)
      output.finish()
    usage.finish(end.exitCode !== 0)
    if (options.env)
      await sessions.renew()
    return end
  }

  const refusal = refusalOf(start, ground.levels)
  const loopEnd = refusal ?? await runLoop(context)
  const { reason, detail, canPass } = control.stopped ?? loopEnd
  stopClock()
  usage.stop()
  const survivors = await sessions.close()
  await raw.end()
  return { reason, detail: asSentence(detail), canPass, survivors }
}

/** The wall clock of the run. Returns what stops it. */
function watchTime(timeMs: number, limits: LimitWatch): () => void {
  const startedAt = performance.now()
  const elapsedMs = () => performance.now() - startedAt
  const timers = [
    setTimeout(() => limits.use('time', elapsedMs()), Math.min(Math.ceil(timeMs * APPROACHED) + 1, 2 ** 31 - 1)),
    setTimeout(() => limits.reach('time', elapsedMs()), Math.min(timeMs, 2 ** 31 - 1)),
  ]
  return () => timers.forEach(clearTimeout)
}

/** A detail is read by a person, beside others. */
function asSentence(detail: string): string {
  return detail.charAt(0).toUpperCase() + detail.slice(1) + (detail === '' || /[.!?)]$/.test(detail) ? '' : '.')
}

/** Exactly the level that was asked for, or none: never a silent downgrade. */
function refusalOf(start: StartRun, levels: LevelTable): RunEnd | null {
  const { level } = start.sandbox
  const found = levels.find(one => one.level === level)
  return found?.proven ? null : { reason: 'refused', detail: `isolation ${level} cannot be had here: ${found?.missing ?? 'nothing provides it'}`, canPass: false }
}

async function runLoop(context: RunContext): Promise<RunEnd> {
  const { work } = context.start
  try {
    const { end, nextStep } = await runWork(context, work)
    return end.reason === 'completed' ? await verify(context, work, nextStep) : end
  }
  catch (error) {
    if (error instanceof AskRefused)
      return { reason: 'interrupted', detail: error.message, canPass: true }
    return { reason: 'error', detail: `the executor failed: ${error instanceof Error ? error.stack ?? error.message : String(error)}`, canPass: true }
  }
}

function runWork(context: RunContext, work: StartRun['work']): Promise<{ end: RunEnd, nextStep: number }> {
  switch (work.runtime) {
    case 'script': return runScript(context, work)
    case 'llm': return runLlm(context, work)
    case 'command': return runCommand(context, work)
    case 'acp': return runAcp(context, work)
  }
}
