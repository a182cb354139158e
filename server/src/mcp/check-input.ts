/**
 * Holds what a model sent against a schema that a stranger wrote: types, required and unknown names, choices. Patterns, references and
 * combinations are left to the server: to follow them costs as much time as their author likes.
 */
export function checkToolInput(schema: Record<string, unknown>, input: unknown): { ok: true, input: Record<string, unknown> } | { ok: false, problem: string } {
  if (!isRecord(input))
    return { ok: false, problem: `expected a JSON object as input, received ${nameOf(input)}` }
  const sizeBytes = Buffer.byteLength(JSON.stringify(input))
  if (sizeBytes > MAX_INPUT_BYTES)
    return { ok: false, problem: `it is ${sizeBytes} bytes long; ${MAX_INPUT_BYTES} are allowed` }
  const problems: string[] = []
  check(schema, input, '', MAX_DEPTH, problems)
  return problems.length > 0 ? { ok: false, problem: problems.slice(0, MAX_PROBLEMS).join('; ') } : { ok: true, input }
}

export const MAX_INPUT_BYTES = 256 * 1024
const MAX_DEPTH = 8
const MAX_PROBLEMS = 10

function check(schema: unknown, value: unknown, at: string, depth: number, problems: string[]): void {
  if (!isRecord(schema) || depth === 0 || problems.length >= MAX_PROBLEMS)
    return
  const label = at === '' ? 'the input' : `"${at}"`
  const types = (Array.isArray(schema.type) ? schema.type : [schema.type]).filter(type => typeof type === 'string')
  if (types.length > 0 && !types.some(type => isOf(type, value)))
    return void problems.push(`${label} must be ${types.join(' or ')}, and is ${nameOf(value)}`)
  if (Array.isArray(schema.enum) && schema.enum.every(isPlain) && !schema.enum.includes(value))
    return void problems.push(`${label} must be one of ${schema.enum.slice(0, 20).map(choice => JSON.stringify(choice)).join(', ')}`)
  if (typeof value === 'string' && typeof schema.minLength === 'number' && value.length < schema.minLength)
    problems.push(`${label} must have at least ${schema.minLength} characters`)
  if (typeof value === 'number' && typeof schema.minimum === 'number' && value < schema.minimum)
    problems.push(`${label} must be at least ${schema.minimum}`)
  if (Array.isArray(value) && isRecord(schema.items))
    value.forEach((item, index) => check(schema.items, item, `${at}[${index}]`, depth - 1, problems))
  if (isRecord(value))
    checkObject(schema, value, at, depth, problems)
}

function checkObject(schema: Record<string, unknown>, value: Record<string, unknown>, at: string, depth: number, problems: string[]): void {
  const path = (name: string) => at === '' ? name : `${at}.${name}`
  const properties = isRecord(schema.properties) ? schema.properties : {}
  for (const name of Array.isArray(schema.required) ? schema.required : []) {
    if (typeof name === 'string' && !Object.hasOwn(value, name))
      problems.push(`"${path(name)}" is missing`)
  }
  for (const [name, inner] of Object.entries(value)) {
    if (Object.hasOwn(properties, name))
      check(properties[name], inner, path(name), depth - 1, problems)
    else if (schema.additionalProperties === false && schema.patternProperties === undefined)
      problems.push(`"${path(name)}" is not one of ${Object.keys(properties).slice(0, 50).join(', ') || 'its names, for it has none'}`)
  }
}

function isOf(type: string, value: unknown): boolean {
  switch (type) {
    case 'object': return isRecord(value)
    case 'array': return Array.isArray(value)
    case 'null': return value === null
    case 'integer': return Number.isInteger(value)
    case 'number': return typeof value === 'number'
    case 'string': return typeof value === 'string'
    case 'boolean': return typeof value === 'boolean'
    default: return true // a type that we do not know
  }
}

function isPlain(value: unknown): boolean {
  return value === null || typeof value !== 'object'
}

function nameOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
