import type { ManifestProblem } from '../views/agent.ts'
import type { TodaysFile } from './normalise.ts'
import { isDeepStrictEqual } from 'node:util'
import { parseDocument } from 'yaml'
import { normalise } from './normalise.ts'
import { parseManifest } from './parse.ts'
import { prototypeKeys } from './schema-prototype.ts'
import { manifestSchema } from './schema.ts'
import { formatDuration } from './units.ts'

export type Modernised
  /** `notices`: a sentence for each key of the prototype; none when there was nothing to say anew. */
  = | { ok: true, name: string, text: string, notices: string[] }
    | { ok: false, problems: ManifestProblem[] }

/** A manifest of the prototype in today's words, with its comments. What is written means the same as what was read: both are parsed and compared. */
export function modernise(source: string, { file }: { file: string }): Modernised {
  const before = parseManifest(source, { file })
  if (!before.ok)
    return before
  const { name } = before.manifest
  if (before.notices.length === 0)
    return { ok: true, name, text: source, notices: [] }
  const document = parseDocument(source)
  const written = document.toJS() as Record<string, unknown> // parsed above: a mapping
  const { file: today } = normalise(manifestSchema.parse(written))
  for (const key of [...Object.keys(prototypeKeys), 'mcp'])
    document.delete(key)
  for (const [key, value] of Object.entries(todaysWords(written, today)))
    document.set(key, document.createNode(value))
  const text = document.toString({ lineWidth: 0 })
  const after = parseManifest(text, { file })
  if (!after.ok || !isDeepStrictEqual(after.manifest, before.manifest))
    throw new Error(`${file} means something else in today's words: ${after.ok ? 'its values differ' : JSON.stringify(after.problems[0])}`)
  return { ok: true, name, text, notices: before.notices }
}

/** Only what came of the prototype's keys; sizes and times in the unit that they were written in. */
function todaysWords(written: Record<string, unknown>, today: TodaysFile): Record<string, unknown> {
  const { schedule, limits, retry } = today
  const has = (key: keyof typeof prototypeKeys): boolean => written[key] !== undefined
  return {
    ...has('model_provider') && { model: today.model },
    ...has('isolated') && { isolation: today.isolation },
    ...has('DESTRUCTIVE_COMMANDS') && { commands: today.commands },
    ...(has('time') || has('repeat')) && schedule && { schedule: schedule.every === undefined ? { cron: schedule.cron } : { every: formatDuration(Number(schedule.every)) } },
    ...has('resource_limits') && limits && {
      limits: {
        ...limits.steps !== undefined && { steps: limits.steps },
        ...limits.time !== undefined && { time: formatDuration(Number(limits.time)) },
        ...limits.memory !== undefined && { memory: `${Number(limits.memory) / 1024 ** 2}MiB` },
        ...limits.cpu !== undefined && { cpu: limits.cpu },
      },
    },
    ...has('retry_config') && retry && { retry: Object.fromEntries(Object.entries(retry).map(([key, value]) => [key, /delay/i.test(key) ? formatDuration(Number(value)) : value])) },
    ...written.mcp !== undefined && { mcp: mcpInWords(written.mcp as Record<string, unknown>, today) },
  }
}

/** Servers that had a list of their own are named now; the others stay as they were written. */
function mcpInWords({ servers, ...named }: Record<string, unknown>, today: TodaysFile): Record<string, unknown> {
  const listed = (servers ?? []) as { name: string }[]
  return { ...named, ...Object.fromEntries(listed.map(({ name }) => [name, today.mcp?.[name]])) }
}
