import { createHash } from 'node:crypto'

/** A tool of an MCP server as the model is offered it. */
export interface OfferedTool {
  /** `server__tool`, in characters that every provider takes. */
  name: string
  /** As the server calls it. */
  original: string
  description: string
  inputSchema: Record<string, unknown>
}

export interface Offer {
  tools: OfferedTool[]
  /** One sentence for each that is not offered. */
  omitted: string[]
}

/** What every provider takes. */
const MAX_NAME_CHARACTERS = 64
const MAX_ORIGINAL_CHARACTERS = 200
const MAX_DESCRIPTION_CHARACTERS = 4000
const MAX_SCHEMA_BYTES = 16 * 1024
const MAX_SCHEMA_DEPTH = 16
const MAX_TOOLS = 64
const MAX_ALL_BYTES = 128 * 1024
const MAX_SENTENCES = 20

/**
 * What of a server's list is offered to the model, within bounds: the same list gives the same names in the same order, whatever order
 * it came in. `allowed`: the manifest's list of the server's own names; null when it has none.
 */
export function offerTools(server: string, listed: unknown[], allowed: string[] | null): Offer {
  const tools: OfferedTool[] = []
  const omitted: string[] = []
  const omit = (sentence: string) => void (omitted.length < MAX_SENTENCES && omitted.push(sentence))
  const taken = new Set<string>()
  const seen = new Set<string>()
  let allBytes = 0
  for (const { name: original, description, inputSchema } of readable(listed, omit)) {
    if (seen.has(original)) {
      omit(`${shown(original)} is listed twice; the first is taken`)
      continue
    }
    seen.add(original)
    if (allowed && !allowed.includes(original))
      continue
    const sizeBytes = sizeOf(inputSchema) + description.length
    if (tools.length >= MAX_TOOLS || allBytes + sizeBytes > MAX_ALL_BYTES) {
      omit(`${shown(original)} is one too many: ${MAX_TOOLS} tools of ${MAX_ALL_BYTES / 1024} KiB are offered of one server; name the ones that are needed (mcp.${server}.tools)`)
      continue
    }
    const name = nameFor(server, original, taken)
    taken.add(name)
    allBytes += sizeBytes
    tools.push({ name, original, description, inputSchema })
  }
  for (const name of allowed ?? []) {
    if (!seen.has(name))
      omit(`${shown(name)} is in mcp.${server}.tools, but the server has no such tool`)
  }
  return { tools, omitted }
}

interface Listed { name: string, description: string, inputSchema: Record<string, unknown> }

function readable(listed: unknown[], omit: (sentence: string) => void): Listed[] {
  const tools = listed.flatMap((tool): Listed[] => {
    const { name, description, inputSchema } = isRecord(tool) ? tool : {}
    if (typeof name !== 'string' || name === '' || name.length > MAX_ORIGINAL_CHARACTERS) {
      omit('one has no name that can be used')
      return []
    }
    if (!isRecord(inputSchema) || inputSchema.type !== 'object') {
      omit(`${shown(name)} has no schema of an object for its input`)
      return []
    }
    if (!isShallow(inputSchema, MAX_SCHEMA_DEPTH) || sizeOf(inputSchema) > MAX_SCHEMA_BYTES) {
      omit(`${shown(name)} has a schema of more than ${MAX_SCHEMA_BYTES / 1024} KiB, or one that is nested deeper than ${MAX_SCHEMA_DEPTH} levels`)
      return []
    }
    return [{ name, description: typeof description === 'string' ? description.slice(0, MAX_DESCRIPTION_CHARACTERS) : '', inputSchema }]
  })
  return tools.sort((one, other) => one.name < other.name ? -1 : one.name > other.name ? 1 : 0)
}

/** Two that would be called the same, or one whose name is too long, are told apart by a piece of the hash of their own names. */
function nameFor(server: string, original: string, taken: Set<string>): string {
  const plain = `${server}__${original}`.replace(/[^\w-]/g, '_')
  if (plain.length <= MAX_NAME_CHARACTERS && !taken.has(plain))
    return plain
  const mark = createHash('sha256').update(`${server}\0${original}`).digest('hex').slice(0, 8)
  return `${plain.slice(0, MAX_NAME_CHARACTERS - mark.length - 1)}_${mark}`
}

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null)
    return true
  return depth > 0 && Object.values(value).every(inner => isShallow(inner, depth - 1))
}

/** Only of what is known to be shallow: the other may be too deep to be written. */
function sizeOf(schema: Record<string, unknown>): number {
  return Buffer.byteLength(JSON.stringify(schema))
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 80))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
