import type { CommandWork } from '../protocol/input.ts'
import type { RunContext } from './run-context.ts'
import type { RunEnd } from './run-control.ts'
import { quote } from '../sandbox/shell-script.ts'
import { createAgentTeller } from './agent-teller.ts'
import { formatReader } from './parse/format-reader.ts'
import { COMPLETED } from './script.ts'
import { failureOf, runStep } from './step.ts'

/** Somebody else's agent: one command, with nothing on its standard input, that has as long as the run has. */
export async function runCommand(run: RunContext, { argv, parse, done }: CommandWork): Promise<{ end: RunEnd, nextStep: number }> {
  const step = run.start.firstStep
  if (done.some(({ place }) => place === 0))
    return { end: COMPLETED, nextStep: step }
  const teller = parse && createAgentTeller({ step, tell: run.tell, keepRaw: run.keepRaw })
  const { end } = await runStep(run, { step, place: 0 }, {
    name: argv[0]!, // The manifest has a command.
    run: commandOf(argv),
    timeoutMs: run.start.limits.timeMs,
    retry: { attempts: 1, delayMs: 0 },
    if: null,
    continueOnError: false,
    idempotent: false,
    secrets: [],
  }, parse && teller ? { lines: formatReader(parse, teller), judge: (end, timeoutMs) => failureOf(end, timeoutMs) ?? teller.failure() } : {})
  return { end: end ?? COMPLETED, nextStep: step + 1 }
}

/** As a person would write it. */
export function commandOf(argv: string[]): string {
  return argv.map(argument => /^[\w@%+:,./-][\w@%+=:,./-]*$/.test(argument) ? argument : quote(argument)).join(' ')
}
