import { manifestJsonSchema } from './json-schema.ts'

/**
 * Every key of a manifest, dotted, read off the schema: `limits.time`, `steps[].run` (in each entry of a list),
 * `inputs.*.type` (under any name).
 */
export function manifestKeys(): string[] {
  keys ??= [...new Set(keysOf(manifestJsonSchema() as Shape, ''))] // it is an object schema by construction
  return keys
}

/** The keys that may stand under a place in a manifest, such as ['steps', 0]; without what is above them. */
export function keysUnder(path: readonly PropertyKey[]): string[] {
  const start = dottedPattern(path)
  return manifestKeys().filter(key => parentOf(key) === start).map(key => key.slice(key.lastIndexOf('.') + 1)).filter(key => key !== '*')
}

/** ['steps', 0, 'run'] → `steps[0].run`: how a person names a place. */
export function dotted(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part), '')
}

let keys: string[] | undefined

interface Shape { properties?: Record<string, Shape>, additionalProperties?: Shape | boolean, items?: Shape, anyOf?: Shape[] }

function keysOf(shape: Shape, prefix: string): string[] {
  const under = (name: string, child: Shape) => {
    const key = prefix ? `${prefix}.${name}` : name
    return [key, ...keysOf(child, key)]
  }
  return [
    ...Object.entries(shape.properties ?? {}).flatMap(([name, child]) => under(name, child)),
    ...(typeof shape.additionalProperties === 'object' ? under('*', shape.additionalProperties) : []),
    ...(shape.items ? keysOf(shape.items, `${prefix}[]`) : []),
    ...(shape.anyOf ?? []).flatMap(child => keysOf(child, prefix)),
  ]
}

/** ['inputs', 'branch'] → `inputs.*`, as the schema names it. */
function dottedPattern(path: readonly PropertyKey[]): string {
  let pattern = ''
  for (const part of path) {
    const named = pattern ? `${pattern}.${String(part)}` : String(part)
    const known = manifestKeys()
    if (typeof part === 'number')
      pattern = `${pattern}[]`
    else pattern = known.includes(named) ? named : `${pattern}.*`
  }
  return pattern
}

function parentOf(key: string): string {
  return key.includes('.') ? key.slice(0, key.lastIndexOf('.')) : ''
}
