import type { ToolSpec } from '../protocol/output.ts'
import type { ToolInput } from './tools.ts'

/** Holds what a model sent against a tool's schema (strings and integers only). The problem is for the model to read. */
export function parseToolInput(spec: ToolSpec, input: unknown): { ok: true, input: ToolInput } | { ok: false, problem: string } {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return { ok: false, problem: `expected a JSON object as input, received ${input === null ? 'null' : Array.isArray(input) ? 'an array' : typeof input}` }
  const properties = spec.inputSchema.properties as Record<string, { type: 'string' | 'integer', minimum?: number, minLength?: number }> // Made by tools.ts.
  const required = spec.inputSchema.required as string[] // Likewise.
  const problems = [
    ...required.filter(name => !(name in input)).map(name => `"${name}" is missing`),
    ...Object.entries(input).flatMap(([name, value]) => {
      const property = Object.hasOwn(properties, name) ? properties[name] : undefined
      return property ? problemOf(name, value, property) : [`"${name}" is not one of ${Object.keys(properties).join(', ')}`]
    }),
  ]
  return problems.length > 0 ? { ok: false, problem: problems.join('; ') } : { ok: true, input: input as ToolInput } // Each value was checked.
}

function problemOf(name: string, value: unknown, expected: { type: 'string' | 'integer', minimum?: number, minLength?: number }): string[] {
  if (expected.type === 'string')
    return typeof value !== 'string' ? [`"${name}" must be a string`] : value.length < (expected.minLength ?? 0) ? [`"${name}" must not be empty`] : []
  if (!Number.isSafeInteger(value))
    return [`"${name}" must be a whole number`]
  return Number(value) < (expected.minimum ?? Number.MIN_SAFE_INTEGER) ? [`"${name}" must be at least ${expected.minimum}`] : []
}
