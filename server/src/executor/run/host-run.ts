import type { CommandEnd, NewEvent } from '../../domain/event.ts'
import type { LimitName } from '../../domain/limits.ts'
import type { Channel } from '../channel.ts'
import type { StartRun } from '../protocol/input.ts'
import type { RunOutcome } from '../protocol/output.ts'
import type { LevelTable } from '../sandbox/layout.ts'
import type { Session } from '../sandbox/session.ts'
import type { Opened } from '../sandbox/shell-session.ts'
import type { RunCommandOptions, RunContext } from './run-context.ts'
import type { RunControl, RunEnd } from './run-control.ts'
import { inputEnvironment } from '../../domain/manifest/inputs.ts'
import { AskRefused } from '../channel.ts'
import { openSession } from '../sandbox/open.ts'
import { runLlm } from './llm.ts'
import { newEvent } from './new-event.ts'
import { createRunOutput } from './output.ts'
import { createRunControl } from './run-control.ts'
import { runScript } from './script.ts'
import { verify } from './verify.ts'

/** One run in this process, from its start to its outcome. */
export interface HostedRun {
  control: RunControl
  /** Never rejects. The run's sandbox is gone by then. */
  outcome: Promise<RunOutcome>
  /** Ends it with no grace. */
  kill(): void
}

export function hostRun(start: StartRun, channel: Channel, levels: LevelTable): HostedRun {
  const control = createRunControl()
  const emit = (...events: NewEvent[]) => {
    if (events.length > 0)
      channel.send({ type: 'events', runId: start.runId, events })
  }
  const sessions = createSessions(start, levels, emit)
  const kill = () => {
    control.stop({ reason: 'interrupted', detail: 'the executor ended', canPass: true })
    void sessions.close()
  }
  return { control, kill, outcome: perform({ start, control, channel, levels, sessions, emit }) }
}

async function perform({ start, control, channel, levels, sessions, emit }: {
  start: StartRun
  control: RunControl
  channel: Channel
  levels: LevelTable
  sessions: Sessions
  emit: (...events: NewEvent[]) => void
}): Promise<RunOutcome> {
  const reachLimit = (limit: LimitName, used: number, allowed: number, end: RunEnd) => {
    emit(newEvent('limit.reached', { limit, used, allowed }))
    control.stop(end)
  }
  const startedAt = performance.now()
  const timer = setTimeout(() => {
    reachLimit('time', Math.round(performance.now() - startedAt), start.limits.timeMs, { reason: 'timeout', detail: `the run was over its time limit of ${start.limits.timeMs / 1000} s`, canPass: true })
  }, Math.min(start.limits.timeMs, 2 ** 31 - 1))
  const { outputBytes } = start.limits
  const output = createRunOutput({
    allowedBytes: outputBytes,
    send: events => emit(...events),
    onLimit: used => reachLimit('output', used, outputBytes, { reason: 'output_limit', detail: `its commands wrote more than ${outputBytes} bytes`, canPass: false }),
    isFull: channel.isFull,
    onRoom: channel.onRoom,
  })
  const context: RunContext = {
    start,
    control,
    emit,
    ask: what => channel.ask(start.runId, what),
    record: async (...events) => void await channel.ask(start.runId, { kind: 'record', events }),
    warm: () => void sessions.open(),
    command,
  }

  async function command(text: string, options: RunCommandOptions): Promise<CommandEnd> {
    if (control.stopped)
      return { exitCode: null, signal: null, ended: 'cancelled', durationMs: 0 }
    const opened = await sessions.open()
    if ('error' in opened)
      return { exitCode: null, signal: null, ended: 'spawn_error', error: opened.error, durationMs: 0 }
    if (options.owner)
      output.begin(options.owner)
    const end = await opened.session.run(text, {
      timeoutMs: options.timeoutMs,
      ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
      signal: control.signal,
      onOutput: (stream, bytes, resume) => {
        options.onBytes?.(stream, bytes)
        return options.owner ? output.write(stream, bytes, resume) : true
      },
    })
    if (options.owner)
      output.finish()
    return end
  }

  const refusal = refusalOf(start, levels)
  const loopEnd = refusal ?? await runLoop(context)
  const { reason, detail, canPass } = control.stopped ?? loopEnd
  clearTimeout(timer)
  const survivors = await sessions.close()
  return { reason, detail: asSentence(detail), canPass, survivors }
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
    const { end, nextStep } = work.runtime === 'script' ? await runScript(context, work) : await runLlm(context, work)
    return end.reason === 'completed' ? await verify(context, work.verify, nextStep) : end
  }
  catch (error) {
    if (error instanceof AskRefused)
      return { reason: 'interrupted', detail: error.message, canPass: true }
    return { reason: 'error', detail: `the executor failed: ${error instanceof Error ? error.stack ?? error.message : String(error)}`, canPass: true }
  }
}

interface Sessions {
  open(): Promise<Opened>
  /** Resolves with the number of survivors. */
  close(): Promise<number>
}

/** The session of a run: opened once, and again when it was lost. */
function createSessions(start: StartRun, levels: LevelTable, emit: (event: NewEvent) => void): Sessions {
  let opening: Promise<Opened> | null = null
  const all: Session[] = []
  const spec = { ...start.sandbox, env: { ...start.sandbox.env, ...inputEnvironment(start.work.task, start.work.inputs) } }
  return { open, close }

  function open(): Promise<Opened> {
    if (!opening || all.at(-1)?.isLost)
      opening = openNow()
    return opening
  }

  async function openNow(): Promise<Opened> {
    const startedAt = performance.now()
    const opened = await openSession({ runId: start.runId, spec, limits: start.limits, graceMs: start.graceMs }, levels)
    if ('session' in opened) {
      all.push(opened.session)
      emit(newEvent('sandbox.opened', { level: opened.session.level, by: opened.session.by, durationMs: Math.round(performance.now() - startedAt) }))
    }
    else {
      opening = null
    }
    return opened
  }

  async function close(): Promise<number> {
    await opening
    const ends = await Promise.all(all.map(session => session.close()))
    return ends.reduce((sum, end) => sum + end.survivors, 0)
  }
}
