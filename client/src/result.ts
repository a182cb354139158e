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
  let text = ''
  let step = 0
  for await (const event of followRun(connection, runId, signal ? { signal } : {}))
    ({ text, step } = lastWords(text, step, event))
  if (signal?.aborted)
    throw new AgentOSError(`waiting for run ${runId} was aborted; the run itself goes on`, 'ABORTED')
  return { run: await connection.call(connection.trpc.runs.get.query({ run: runId })), text }
}

function lastWords(text: string, step: number, event: RunEvent): { text: string, step: number } {
  if (event.type === 'model.responded')
    return { text: event.data.text || text, step: event.data.step }
  if (event.type !== 'step.output' || event.data.stream !== 'stdout')
    return { text, step }
  const before = event.data.step === step ? text : ''
  return { text: (before + event.data.text).slice(-MAX_TEXT), step: event.data.step }
}
