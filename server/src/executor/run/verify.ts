import type { StartRun } from '../protocol/input.ts'
import type { RunContext } from './run-context.ts'
import type { RunEnd } from './run-control.ts'
import { COMPLETED } from './script.ts'
import { runStep } from './step.ts'

/** The commands that must succeed for the run to have succeeded. They do not count against the limit of steps. */
export async function verify(run: RunContext, { verify, firstCheck, done }: StartRun['work'], firstStep: number): Promise<RunEnd> {
  const checks = verify.map((check, index) => ({ check, place: firstCheck + index })).filter(({ place }) => !done.some(one => one.place === place))
  for (const [index, { check, place }] of checks.entries()) {
    if (run.control.stopped)
      return run.control.stopped
    const { end } = await runStep(run, { step: firstStep + index, place }, check)
    if (end)
      return run.control.stopped ?? { ...end, detail: `not verified: ${end.detail}` }
  }
  return COMPLETED
}
