import type { Connection } from './connection.ts'
import type { Run, RunEvent } from './views.ts'
import { AgentOSError } from './error.ts'
import { followRun } from './follow.ts'

/** How much of the last step's output a result carries, in characters; the log has the rest. */
const MAX_TEXT = 1_000_000

export interface RunResult {
  run: Run
  /** What it said last: a model's final answer, or the standard output of a script's last step. */
  text: string
}

/** Resolves when the run has ended, by whatever reason: look at `run.status`. */
export async function waitForResult(connection: Connection, runId: string, { signal }: { signal?: AbortSignal } = {}): Promise<RunResult> {
  let last: LastWords = { text: '', step: 0, isCommand: false }
  for await (const event of followRun(connection, runId, signal ? { signal } : {}))
    last = lastWords(last, event)
  if (signal?.aborted)
    throw new AgentOSError(`waiting for run ${runId} was aborted; the run itself goes on`, 'ABORTED')
  return { run: await connection.call(connection.trpc.runs.get.query({ run: runId })), text: last.text }
}

interface LastWords { text: string, step: number, /** The step that is going on is a command. */ isCommand: boolean }

/** What a model says to a command is the command's to use; its own words are its output. */
function lastWords(last: LastWords, event: RunEvent): LastWords {
  if (event.type === 'step.started')
    return { ...last, isCommand: event.data.kind === 'command' }
  if (event.type === 'model.responded')
    return last.isCommand ? last : { ...last, text: event.data.text || last.text, step: event.data.step }
  if (event.type !== 'step.output' || event.data.stream !== 'stdout')
    return last
  const before = event.data.step === last.step ? last.text : ''
  return { ...last, text: (before + event.data.text).slice(-MAX_TEXT), step: event.data.step }
}
