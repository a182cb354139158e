import type { CommandEnd } from '../../domain/event.ts'
import type { ScriptStep } from '../../domain/manifest/manifest.ts'
import type { RunCommandOptions, RunContext } from './run-context.ts'
import type { RunEnd } from './run-control.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { newEvent } from './new-event.ts'
import { PARKED, unlessStopped } from './run-control.ts'

/** What became of a step; `end` is set when the run must end because of it. */
export interface StepResult {
  status: 'succeeded' | 'failed' | 'skipped'
  exitCode: number | null
  end: RunEnd | null
}

/** The number of a step in the log, and the place of its command in the manifest. */
export interface StepAt { step: number, place: number }

/** Who understands what the command writes, and may speak with it. */
export interface StepReader extends Partial<Pick<RunCommandOptions, 'lines' | 'converse' | 'signal' | 'timeoutMs'>> {
  /** Whether it did what it should, where the exit code is not all that tells. */
  judge?: (end: CommandEnd, timeoutMs: number) => RunEnd | null | Promise<RunEnd | null>
}

/** One command of a script: permission, intent, effect, outcome; again as often as its manifest says. */
export async function runStep(run: RunContext, at: StepAt, what: ScriptStep, { judge = failureOf, ...reading }: StepReader = {}): Promise<StepResult> {
  const { step } = at
  const leave = await askLeave(run, at, what)
  if ('status' in leave)
    return leave
  const { env } = leave
  const timeoutMs = what.timeoutMs ?? run.start.commandTimeoutMs
  for (let tryNumber = 1; ; tryNumber++) {
    run.warm()
    const recorded = await unlessStopped(run.control, run.record(
      newEvent('step.started', { ...at, name: what.name, kind: 'command', command: what.run, timeoutMs, try: tryNumber }),
    ).then(() => true))
    if (!recorded)
      return stopped(run)
    const end = await run.command(what.run, { timeoutMs, ...(env && { env }), ...reading, owner: { step, call: null } })
    const failure = await judge(end, timeoutMs)
    const isStopped = run.control.stopped !== null
    const isLast = isStopped || tryNumber >= what.retry.attempts
    const isGivenUp = failure !== null && isLast && !isStopped
    run.emit(newEvent('step.finished', {
      step,
      status: failure ? 'failed' : 'succeeded',
      ...(failure && { detail: isLast ? failure.detail : followedBy(failure, tryNumber + 1, what) }),
      ...(isGivenUp && continuedIn(what)),
      ...endIn({ end, failure, isCut: isStopped && reading.converse !== undefined }),
      durationMs: end.durationMs,
    }))
    if (isStopped)
      return stopped(run)
    if (!failure)
      return { status: 'succeeded', exitCode: end.exitCode, end: null }
    if (isLast)
      return { status: 'failed', exitCode: end.exitCode, end: what.continueOnError ? null : { ...failure, detail: `step "${what.name}" ${failure.detail}` } }
    await delay(what.retry.delayMs, undefined, { signal: run.control.signal }).catch(() => {})
    if (run.control.stopped)
      return stopped(run)
  }
}

/** The secrets that it may have, or what becomes of a step that may not run. */
async function askLeave(run: RunContext, at: StepAt, what: ScriptStep): Promise<{ env?: Record<string, string> | undefined } | StepResult> {
  const secrets = what.secrets.length > 0 ? { secrets: what.secrets } : {}
  const permission = await unlessStopped(run.control, run.ask({ kind: 'command', step: at.step, command: what.run, ...secrets }))
  if (permission?.kind === 'parked')
    run.control.stop(PARKED)
  if (!permission || permission.kind === 'parked')
    return stopped(run)
  if (permission.kind !== 'decision')
    return {}
  return permission.allow
    ? { env: permission.env }
    : endWithout(run, at, what, `denied: ${permission.reason} (rule ${permission.rule})`, { reason: 'not_permitted', canPass: false })
}

function continuedIn({ continueOnError }: ScriptStep): { continued?: boolean } {
  return continueOnError ? { continued: true } : {}
}

function followedBy({ detail }: RunEnd, tryNumber: number, { retry }: ScriptStep): string {
  return `${detail}; try ${tryNumber} of ${retry.attempts} follows`
}

/** One that was told to leave when it was done was not cut short; one that left because the run was stopped was. */
function endIn({ end, failure, isCut }: { end: CommandEnd, failure: RunEnd | null, isCut: boolean }): { end?: CommandEnd } {
  if (!failure && end.ended !== 'exited')
    return {}
  return { end: isCut ? { ...end, ended: 'cancelled' } : end }
}

/** A step that never ran: it is in the log all the same. */
export function endWithout(run: RunContext, at: StepAt, what: ScriptStep, detail: string, end: Omit<RunEnd, 'detail'>): StepResult {
  run.emit(
    newEvent('step.started', { ...at, name: what.name, kind: 'command', command: what.run, try: 1 }),
    newEvent('step.finished', { step: at.step, status: 'failed', detail, ...(what.continueOnError ? { continued: true } : {}), durationMs: 0 }),
  )
  return { status: 'failed', exitCode: null, end: what.continueOnError ? null : { ...end, detail: `step "${what.name}": ${detail}` } }
}

/** null when the command succeeded. */
export function failureOf(end: CommandEnd, timeoutMs: number): RunEnd | null {
  switch (end.ended) {
    case 'timeout':
      return { reason: 'timeout', detail: `was over its time limit of ${timeoutMs / 1000} s`, canPass: true }
    case 'spawn_error':
      return { reason: 'spawn_error', detail: `could not be started: ${end.error ?? 'no reason given'}`, canPass: true }
    case 'exited':
      if (end.exitCode === 126)
        return { reason: 'not_permitted', detail: 'exited with 126: its command may not be executed', canPass: false }
      if (end.exitCode === 127)
        return { reason: 'not_found', detail: 'exited with 127: its command was not found', canPass: false }
      return end.exitCode === 0 ? null : { reason: 'error', detail: `exited with ${end.exitCode}`, canPass: true }
    case 'cancelled':
    case 'killed':
    case 'lost':
      return { reason: 'error', detail: `was ended from outside${end.error ? `: ${end.error}` : ''}`, canPass: true }
  }
}

function stopped(run: RunContext): StepResult {
  return { status: 'failed', exitCode: null, end: run.control.stopped }
}
