/** Reads values that anybody may have written. */

export type JsonObject = Record<string, unknown>

/** null when it is no JSON object. */
export function parseObject(line: string): JsonObject | null {
  if (!line.startsWith('{'))
    return null
  try {
    return asObject(JSON.parse(line))
  }
  catch {
    return null
  }
}

export function asObject(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as JsonObject : null // Just looked at.
}

export function asText(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** Those of a list that are objects. */
export function objectsOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.map(asObject).filter(one => one !== null) : []
}

const MAX_DEPTH = 40

/** As every database can store it: no NUL, no half of a character, nothing so deep that whoever walks it would fall. */
export function storable(value: unknown, depth = 0): unknown {
  if (typeof value === 'string')
    return storableText(value)
  if (typeof value !== 'object' || value === null)
    return value
  if (depth === MAX_DEPTH)
    return '[too deep to be shown]'
  return Array.isArray(value)
    ? value.map(one => storable(one, depth + 1))
    : Object.fromEntries(Object.entries(value).map(([key, one]) => [storableText(key), storable(one, depth + 1)]))
}

export function storableText(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed()
}
