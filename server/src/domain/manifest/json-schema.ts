import { z } from 'zod'
import { manifestSchema } from './schema.ts'

/** The JSON Schema (draft 7, which editors know best) of a manifest as people write it. */
export function manifestJsonSchema(): object {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'AgentOS manifest',
    description: 'One file says what an agent is.',
    ...z.toJSONSchema(manifestSchema, { io: 'input', target: 'draft-07', reused: 'inline', override: dropNoise }),
  }
}

interface JsonSchema { [key: string]: unknown }

/** zod's whole numbers carry the bounds of JavaScript's own; they say nothing to a person. */
function dropNoise({ jsonSchema }: { jsonSchema: JsonSchema }): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER)
    delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER)
    delete jsonSchema.maximum
}
