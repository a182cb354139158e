import type { KeyEffect } from '../../domain/manifest/key-effects.ts'
import { manifestJsonSchema } from '../../domain/manifest/json-schema.ts'
import { KEY_EFFECTS } from '../../domain/manifest/key-effects.ts'
import { DURATION_PATTERN, MONEY_PATTERN, SIZE_PATTERN } from '../../domain/manifest/units.ts'

/** docs/manifest.md: every key of a manifest, from the schema that manifests are checked by. */
export function manifestPage(): string {
  const schema = manifestJsonSchema() as Shape // it is an object schema by construction
  const keys = Object.entries(schema.properties ?? {})
  const sections = keys.filter(([, shape]) => !shape.deprecated).map(([name, shape]) => formatKey(name, shape))
  const old = keys.filter(([, shape]) => shape.deprecated).flatMap(([name, shape]) => rowsOf(name, shape)).filter(row => row.key in KEY_EFFECTS)
  return `${HEAD}\n${sections.join('\n')}\n${PROTOTYPE}\n\n${old.map(formatOld).join('\n')}\n`
}

const HEAD = `<!-- Written by server/src/cli/develop/write-pages.ts. Change server/src/domain/manifest/schema*.ts instead. -->
# Manifest reference

One YAML file says what an agent is. This page lists every key, with what it may be, what it does and its default. A key that is not here is an error, which names
the nearest one. Editors complete and check by [agents/schema.json](../agents/schema.json), when the first line is
\`# yaml-language-server: $schema=./schema.json\` (a server has the same at \`/schema.json\`).

Durations are \`90s\`, \`5m\`, \`2h\`, \`1h30m\`; sizes \`512MiB\`, \`2GB\`; money \`$1.50\`. In \`[]\` stands each entry of a list, \`*\` is any name. A manifest to begin with:

\`\`\`sh
agentos init my-agent
agentos run my-agent.yaml --task "look around"
\`\`\`
`

const PROTOTYPE = `## Keys of the Python prototype

They are read, and shown in today's words.

| key | today |
|---|---|`

interface Shape {
  type?: string
  description?: string
  deprecated?: boolean
  enum?: string[]
  pattern?: string
  minimum?: number
  maximum?: number
  maxLength?: number
  items?: Shape
  anyOf?: Shape[]
  properties?: Record<string, Shape>
  additionalProperties?: Shape | boolean
}

interface Row { key: string, shape: Shape }

function formatKey(name: string, shape: Shape): string {
  const rows = rowsOf(name, shape).filter(row => KEY_EFFECTS[row.key]?.now !== 'renamed')
  const inner = rows.slice(1).filter(row => row.shape.description)
  const table = inner.length === 0 ? '' : `\n| key | value | what it does |\n|---|---|---|\n${inner.map(formatRow).join('\n')}\n`
  return `## ${name}\n\n${shape.description ?? ''}${notYetOf(name)}\n\nValue: ${valueOf(shape)}.\n${table}`
}

/** The key itself, then all below it. */
function rowsOf(key: string, shape: Shape): Row[] {
  return [
    { key, shape },
    ...Object.entries(shape.properties ?? {}).flatMap(([name, child]) => rowsOf(`${key}.${name}`, child)),
    ...(typeof shape.additionalProperties === 'object' ? rowsOf(`${key}.*`, shape.additionalProperties) : []),
    ...(shape.items ? rowsOf(`${key}[]`, shape.items).slice(1) : []),
    ...(shape.anyOf ?? []).flatMap(child => rowsOf(key, child).slice(1)),
  ]
}

function formatRow({ key, shape }: Row): string {
  return `| \`${key}\` | ${cell(valueOf(shape))} | ${cell(`${shape.description ?? ''}${notYetOf(key)}`)} |`
}

function formatOld({ key }: Row): string {
  const effect: KeyEffect | undefined = KEY_EFFECTS[key]
  return `| \`${key}\` | ${effect?.now === 'renamed' ? `\`${effect.to}\`` : ''} |`
}

/** What is refused before a run begins. */
function notYetOf(key: string): string {
  const effect: KeyEffect | undefined = KEY_EFFECTS[key]
  return effect?.now === 'refuse' ? ` It ${effect.say}.` : ''
}

const QUANTITIES: [RegExp, string][] = [[DURATION_PATTERN, 'a duration'], [SIZE_PATTERN, 'a size'], [MONEY_PATTERN, 'an amount of money']]

function valueOf(shape: Shape): string {
  if (shape.enum)
    return shape.enum.map(word => `\`${word}\``).join(', ')
  if (shape.anyOf)
    return [...new Set(shape.anyOf.map(valueOf))].join(', or ')
  switch (shape.type) {
    case 'string':
      return QUANTITIES.find(([pattern]) => pattern.source === shape.pattern)?.[1] ?? 'a text'
    case 'integer':
      return `a whole number${rangeOf(shape)}`
    case 'number':
      return `a number${rangeOf(shape)}`
    case 'boolean':
      return '`true` or `false`'
    case 'array':
      return shape.items ? `a list (each: ${valueOf(shape.items)})` : 'a list'
    default:
      return 'a mapping'
  }
}

function rangeOf({ minimum, maximum }: Shape): string {
  return minimum === undefined || maximum === undefined ? '' : ` from ${minimum} to ${maximum}`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
