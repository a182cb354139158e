import type { ScriptStep } from '../../domain/manifest/manifest.ts'
import type { RunContext } from './run-context.ts'
import type { RunEnd } from './run-control.ts'
import { COMPLETED } from './script.ts'
import { runStep } from './step.ts'

/** The commands that must succeed for the run to have succeeded. They do not count against the limit of steps. */
export async function verify(run: RunContext, checks: ScriptStep[], firstStep: number): Promise<RunEnd> {
  for (const [index, check] of checks.entries()) {
    if (run.control.stopped)
      return run.control.stopped
    const { end } = await runStep(run, firstStep + index, check)
    if (end)
      return run.control.stopped ?? { ...end, detail: `not verified: ${end.detail}` }
  }
  return COMPLETED
}
