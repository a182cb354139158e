import type { ScriptStep } from '../../domain/manifest/manifest.ts'
import type { ScriptWork } from '../protocol/input.ts'
import type { RunContext } from './run-context.ts'
import type { RunEnd } from './run-control.ts'
import type { StepAt, StepResult } from './step.ts'
import { evaluateCondition } from '../../domain/condition.ts'
import { newEvent } from './new-event.ts'
import { endWithout, runStep } from './step.ts'

export const COMPLETED: RunEnd = { reason: 'completed', detail: '', canPass: false }

/** The steps of a script that are not done yet, in their order, until one ends the run. `nextStep` is the first free step number afterwards. */
export async function runScript(run: RunContext, work: ScriptWork): Promise<{ end: RunEnd, nextStep: number }> {
  const results: Record<string, Omit<StepResult, 'end'>> = {}
  let step = run.start.firstStep
  for (const [place, what] of work.steps.entries()) {
    const done = work.done.find(one => one.place === place)
    if (done) {
      results[what.name] = { status: done.status, exitCode: done.exitCode }
      continue
    }
    if (run.control.stopped)
      return { end: run.control.stopped, nextStep: step }
    if (step > run.start.limits.steps)
      return { end: run.limits.reach('steps', step), nextStep: step }
    run.limits.use('steps', step)
    const { end, ...result } = await conditionalStep(run, { step, place }, what, work, results)
    results[what.name] = result
    step++
    if (end)
      return { end, nextStep: step }
  }
  return { end: COMPLETED, nextStep: step }
}

async function conditionalStep(run: RunContext, at: StepAt, what: ScriptStep, work: ScriptWork, results: Record<string, Omit<StepResult, 'end'>>): Promise<StepResult> {
  if (what.if === null)
    return runStep(run, at, what)
  const condition = evaluateCondition(what.if, { steps: results, inputs: work.inputs, task: work.task })
  if (!condition.ok)
    return endWithout(run, at, what, `its condition "${what.if}" cannot be evaluated: ${condition.error}`, { reason: 'error', canPass: false })
  if (condition.value)
    return runStep(run, at, what)
  run.emit(
    newEvent('step.started', { ...at, name: what.name, kind: 'command', command: what.run, try: 1 }),
    newEvent('step.finished', { step: at.step, status: 'skipped', detail: `if: ${what.if}`, durationMs: 0 }),
  )
  return { status: 'skipped', exitCode: null, end: null }
}
