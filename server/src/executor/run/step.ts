import type { CommandEnd } from '../../domain/event.ts'
import type { ScriptStep } from '../../domain/manifest/manifest.ts'
import type { RunContext } from './run-context.ts'
import type { RunEnd } from './run-control.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { newEvent } from './new-event.ts'
import { unlessStopped } from './run-control.ts'

/** What became of a step; `end` is set when the run must end because of it. */
export interface StepResult {
  status: 'succeeded' | 'failed' | 'skipped'
  exitCode: number | null
  end: RunEnd | null
}

/** The number of a step in the log, and the place of its command in the manifest. */
export interface StepAt { step: number, place: number }

/** One command of a script: permission, intent, effect, outcome; again as often as its manifest says. */
export async function runStep(run: RunContext, at: StepAt, what: ScriptStep): Promise<StepResult> {
  const { step } = at
  const permission = await unlessStopped(run.control, run.ask({ kind: 'command', step, command: what.run, ...(what.secrets.length > 0 && { secrets: what.secrets }) }))
  if (!permission)
    return stopped(run)
  if (permission.kind === 'decision' && !permission.allow)
    return endWithout(run, at, what, `denied: ${permission.reason} (rule ${permission.rule})`, { reason: 'not_permitted', canPass: false })
  const env = permission.kind === 'decision' ? permission.env : undefined
  const timeoutMs = what.timeoutMs ?? run.start.commandTimeoutMs
  for (let tryNumber = 1; ; tryNumber++) {
    run.warm()
    const recorded = await unlessStopped(run.control, run.record(
      newEvent('step.started', { ...at, name: what.name, kind: 'command', command: what.run, timeoutMs, try: tryNumber }),
    ).then(() => true))
    if (!recorded)
      return stopped(run)
    const end = await run.command(what.run, { timeoutMs, ...(env && { env }), owner: { step, call: null } })
    const failure = failureOf(end, timeoutMs)
    const isStopped = run.control.stopped !== null
    const isLast = isStopped || tryNumber >= what.retry.attempts
    run.emit(newEvent('step.finished', {
      step,
      status: failure ? 'failed' : 'succeeded',
      ...(failure ? { detail: isLast ? failure.detail : `${failure.detail}; try ${tryNumber + 1} of ${what.retry.attempts} follows` } : {}),
      ...(failure && isLast && !isStopped && what.continueOnError ? { continued: true } : {}),
      end,
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

/** A step that never ran: it is in the log all the same. */
export function endWithout(run: RunContext, at: StepAt, what: ScriptStep, detail: string, end: Omit<RunEnd, 'detail'>): StepResult {
  run.emit(
    newEvent('step.started', { ...at, name: what.name, kind: 'command', command: what.run, try: 1 }),
    newEvent('step.finished', { step: at.step, status: 'failed', detail, ...(what.continueOnError ? { continued: true } : {}), durationMs: 0 }),
  )
  return { status: 'failed', exitCode: null, end: what.continueOnError ? null : { ...end, detail: `step "${what.name}": ${detail}` } }
}

/** null when the command succeeded. */
function failureOf(end: CommandEnd, timeoutMs: number): RunEnd | null {
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
