import type { Redactor } from '../domain/redact/redactor.ts'
import type { RunUsage } from '../domain/views/run.ts'

/** Executors cut command lines at this length. */
const CUT_CHARACTERS = 300

/** A command line may carry a secret that was expanded into it. Where the line was cut, what may be the beginning of one is left out. */
export function redactUsage(redactor: Redactor, usage: RunUsage): RunUsage {
  return { ...usage, tree: usage.tree.map(process => ({ ...process, command: redactCommand(redactor, process.command) })) }
}

function redactCommand(redactor: Redactor, command: string): string {
  return command.length < CUT_CHARACTERS ? redactor.text(command) : `${redactor.stream().push(command)}…`
}
