import type { IsolationLevel } from '@agentos/server/domain/run'
import type { AgentDetail, AgentInput } from '@agentos/server/domain/views/agent'
import type { Submission } from '../stores/run-submit.ts'
import { parseDuration } from '../format/duration.ts'

/** What stands in the fields, as it was typed. */
export interface RunForm {
  task: string
  inputs: Record<string, string | boolean>
  workspace: string
  time: string
  isolation: IsolationLevel | 'default'
}

export function emptyForm(agent: AgentDetail): RunForm {
  return {
    task: '',
    inputs: Object.fromEntries(agent.inputs.map(input => [input.name, startValue(input)])),
    workspace: '',
    time: '',
    isolation: 'default',
  }
}

export function startValue({ type, default: given }: AgentInput): string | boolean {
  if (type === 'boolean')
    return given === true
  return given === null ? '' : String(given)
}

export type Read = { ok: true, submission: Submission } | { ok: false, problems: Record<string, string> }

/** What is to be submitted; or what is wrong, by field (`inputs.top`, `time`). An empty optional field is left out. */
export function readForm(agent: AgentDetail, form: RunForm): Read {
  const { inputs, problems } = readInputs(agent.inputs, form.inputs)
  const timeMs = form.time.trim() === '' ? null : parseDuration(form.time)
  if (form.time.trim() !== '' && timeMs === null)
    problems.time = 'Expected a time such as 90s, 5m or 2h.'
  if (Object.keys(problems).length > 0)
    return { ok: false, problems }
  return {
    ok: true,
    submission: {
      agent: agent.name,
      task: form.task.trim(),
      inputs,
      workspace: form.workspace.trim() || null,
      timeMs,
      isolation: form.isolation === 'default' ? null : form.isolation,
    },
  }
}

/** What is wrong stands by field: `inputs.top`. */
export function readInputs(declared: AgentInput[], typed: RunForm['inputs']): { inputs: Submission['inputs'], problems: Record<string, string> } {
  const problems: Record<string, string> = {}
  const inputs: Submission['inputs'] = {}
  for (const input of declared) {
    const read = readInput(input, typed[input.name] ?? '')
    if ('problem' in read)
      problems[`inputs.${input.name}`] = read.problem
    else if (read.value !== null)
      inputs[input.name] = read.value
  }
  return { inputs, problems }
}

function readInput({ type, required }: AgentInput, typed: string | boolean): { value: string | number | boolean | null } | { problem: string } {
  if (typeof typed === 'boolean')
    return { value: typed }
  if (typed.trim() === '')
    return required ? { problem: 'This input is required.' } : { value: null }
  if (type !== 'number')
    return { value: typed }
  const value = Number(typed)
  return Number.isFinite(value) ? { value } : { problem: `Expected a number, got “${typed}”.` }
}
