import type { LlmWork, ScriptWork } from '../protocol/input.ts'

/** `$AGENTOS_TASK` and one `$INPUT_<NAME>` for each input. */
export function inputEnvironment(work: ScriptWork | LlmWork): Record<string, string> {
  const inputs = Object.entries(work.inputs).map(([name, value]) => [`INPUT_${name.toUpperCase().replace(/\W/g, '_')}`, String(value)])
  return { AGENTOS_TASK: work.task, ...Object.fromEntries(inputs) }
}
