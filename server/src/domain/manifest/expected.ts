import type { z } from 'zod'
import type { SourcePath } from './places.ts'
import type { Source } from './source.ts'
import { closest, distance } from 'fastest-levenshtein'
import { dotted, keysUnder, manifestKeys } from './keys.ts'

/** What is wrong at a place: before it has a line and a column. */
export interface Fault {
  path: SourcePath
  /** Whether the key or its value is to be pointed at. */
  at: 'key' | 'value'
  expected: string
  /** Default: what stands there. */
  received?: string
  hint?: string | null
}

/** Nobody reads more at once. */
const MAX_FAULTS = 100

/** The schema's issues as faults. A key that is unknown is a fault of its own; the texts of the others stand in the schema. */
export function faultsOf(issues: readonly z.core.$ZodIssue[], source: Source): Fault[] {
  return issues.slice(0, MAX_FAULTS).flatMap((issue): Fault[] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.slice(0, MAX_FAULTS).map(key => unknownKey(issue.path, key))
    if (issue.code === 'invalid_key')
      return [{ path: issue.path, at: 'key', expected: issue.issues[0]?.message ?? issue.message, received: String(issue.path.at(-1)) }]
    return [{ path: issue.path, at: 'value', expected: issue.message, hint: unitHint(issue.message, valueAt(source.value, issue.path)) }]
  })
}

function unknownKey(path: SourcePath, key: string): Fault {
  const known = keysUnder(path)
  return {
    path: [...path, key],
    at: 'key',
    expected: path.length > 0 ? `a key of ${dotted(path)}: ${known.join(', ')}` : 'a known key',
    received: key,
    hint: suggest(path, key, known),
  }
}

/** Words that people bring from elsewhere. */
const ELSEWHERE: Record<string, string> = {
  timeout: 'limits.time',
  prompt: 'instructions',
  system: 'instructions',
  system_prompt: 'instructions',
  cmd: 'run',
  script: 'run',
  command: 'run',
  commands: 'run',
  continue_on_error: 'continueOnError',
  env: 'inputs',
  environment: 'inputs',
  working_directory: 'workspace.from',
  folder: 'workspace.from',
  max_steps: 'limits.steps',
  docker: 'isolation',
}

function suggest(path: SourcePath, key: string, known: string[]): string | null {
  const near = closest(key.toLowerCase(), known.map(name => name.toLowerCase()))
  const nearest = known.find(name => name.toLowerCase() === near)
  if (nearest && distance(key.toLowerCase(), near) <= Math.max(1, Math.floor(key.length / 3)))
    return `did you mean ${nearest}?`
  const translated = ELSEWHERE[key.toLowerCase()]
  if (translated && (path.length === 0 || known.includes(translated)))
    return path.length === 0 && translated === 'run' ? 'did you mean a step\'s run?' : `did you mean ${translated}?`
  const moved = manifestKeys().find(name => name.endsWith(`.${key}`) && !name.includes('*') && !name.startsWith('verify'))
  return moved ? `did you mean ${moved}?` : path.length > 0 ? null : `the keys are ${known.filter(name => !/_|[A-Z]{2}/.test(name)).join(', ')}`
}

function unitHint(expected: string, value: unknown): string | null {
  if (typeof value === 'number' && expected.startsWith('a duration'))
    return `add a unit: ${value}s`
  if (typeof value === 'number' && expected.startsWith('a size'))
    return `add a unit: ${value}MiB`
  if (typeof value === 'number' && expected.startsWith('an amount'))
    return `write $${value}`
  if ((typeof value === 'number' || typeof value === 'boolean') && /^an? (?:text|name|command|model)\b/.test(expected))
    return `put it in quotes: "${value}"`
  return null
}

function valueAt(value: unknown, path: SourcePath): unknown {
  return path.reduce<unknown>((at, part) => typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[part] : undefined, value) // any own key may be asked for
}
