import type { InputSpec, Manifest } from './manifest.ts'

export type InputValue = string | number | boolean

export type ResolvedInputs = { ok: true, inputs: Record<string, InputValue> } | { ok: false, problems: string[] }

/**
 * What a run is given, held against the manifest's `inputs`: texts from a command line become numbers and booleans,
 * defaults are filled in, and each thing that is wrong is one sentence. An input that is optional, has no default and
 * was not given is left out.
 */
export function resolveInputs(manifest: Manifest, given: Record<string, unknown>): ResolvedInputs {
  const inputs: Record<string, InputValue> = {}
  const known = Object.keys(manifest.inputs)
  const problems = Object.keys(given).filter(name => !Object.hasOwn(manifest.inputs, name))
    .map(name => `input ${name}: ${manifest.name} has no such input; ${known.length > 0 ? `it has ${known.join(', ')}` : 'it has none'}`)
  for (const [name, spec] of Object.entries(manifest.inputs)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (value === undefined || value === null || (value === '' && spec.type !== 'string')) {
      if (spec.default !== null)
        inputs[name] = spec.default
      else if (spec.required)
        problems.push(`input ${name}: expected ${article(spec.type)}, received nothing; give it with --input ${name}=…`)
      continue
    }
    const read = readValue(spec, value)
    if (read === null)
      problems.push(`input ${name}: expected ${article(spec.type)}, received ${show(value)}`)
    else if (read === '' && spec.required && spec.default === null)
      problems.push(`input ${name}: expected a text that is not empty, received ""; give it with --input ${name}=…`)
    else if (typeof read === 'string' && (read.includes('\0') || read.length > MAX_TEXT))
      problems.push(`input ${name}: expected a text of at most ${MAX_TEXT} characters without NUL, received ${read.length} characters`)
    else inputs[name] = read
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, inputs }
}

/** What a command of the run finds in its environment: `AGENTOS_TASK`, and `INPUT_BRANCH` for the input `branch`. */
export function inputEnvironment(task: string, inputs: Record<string, InputValue>): Record<string, string> {
  const variables = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, String(value)])
  return { AGENTOS_TASK: task, ...Object.fromEntries(variables) }
}

/** Fills `{{task}}` and `{{inputs.name}}` in; whatever else stands in double braces is left as it is. */
export function fillTemplate(text: string, values: { task: string, inputs: Record<string, InputValue> }): string {
  return text.replace(REFERENCE, (whole, name: string) => {
    if (name === 'task')
      return values.task
    const input = name.startsWith('inputs.') ? name.slice('inputs.'.length) : ''
    return Object.hasOwn(values.inputs, input) ? String(values.inputs[input]) : whole
  })
}

/** What a text refers to: `task`, `inputs.path`, and whatever else stands in double braces. */
export function templateNames(text: unknown): string[] {
  return typeof text === 'string' ? [...text.matchAll(REFERENCE)].map(match => match[1] ?? '') : []
}

const MAX_TEXT = 65_536
const REFERENCE = /\{\{\s*([^{}\s]{1,80})\s*\}\}/g

function readValue(spec: InputSpec, value: unknown): InputValue | null {
  if (spec.type === 'string')
    return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : null
  if (spec.type === 'boolean')
    return typeof value === 'boolean' ? value : TRUE_OR_FALSE[String(value).toLowerCase()] ?? null
  const read = typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
  return Number.isFinite(read) ? read : null
}

const TRUE_OR_FALSE: Record<string, boolean> = { true: true, yes: true, on: true, 1: true, false: false, no: false, off: false, 0: false }

function article(type: InputSpec['type']): string {
  return { string: 'a text', number: 'a number', boolean: 'true or false' }[type]
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? typeof value
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
