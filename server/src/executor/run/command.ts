import type { CommandWork } from '../protocol/input.ts'
import type { RunContext } from './run-context.ts'
import type { RunEnd } from './run-control.ts'
import { quote } from '../sandbox/shell-script.ts'
import { COMPLETED } from './script.ts'
import { runStep } from './step.ts'

/** Somebody else's agent: one command, with nothing on its standard input, that has as long as the run has. */
export async function runCommand(run: RunContext, { argv, done }: CommandWork): Promise<{ end: RunEnd, nextStep: number }> {
  const step = run.start.firstStep
  if (done.some(({ place }) => place === 0))
    return { end: COMPLETED, nextStep: step }
  const { end } = await runStep(run, { step, place: 0 }, {
    name: argv[0]!, // The manifest has a command.
    run: argv.map(asWord).join(' '),
    timeoutMs: run.start.limits.timeMs,
    retry: { attempts: 1, delayMs: 0 },
    if: null,
    continueOnError: false,
    idempotent: false,
    secrets: [],
  })
  return { end: end ?? COMPLETED, nextStep: step + 1 }
}

/** As a person would write it. */
function asWord(argument: string): string {
  return /^[\w@%+:,./-][\w@%+=:,./-]*$/.test(argument) ? argument : quote(argument)
}
