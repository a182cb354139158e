import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { manifestJsonSchema } from './json-schema.ts'

interface Shape { properties?: Record<string, Shape>, additionalProperties?: Shape | boolean, items?: Shape, anyOf?: Shape[], description?: string }

it('every key has a description, for editors', () => {
  const silent: string[] = []
  const walk = (shape: Shape, path: string) => {
    for (const [key, child] of Object.entries(shape.properties ?? {})) {
      if (!child.description)
        silent.push(`${path}${key}`)
      walk(child, `${path}${key}.`)
    }
    for (const child of [shape.items, typeof shape.additionalProperties === 'object' ? shape.additionalProperties : undefined, ...shape.anyOf ?? []]) {
      if (child)
        walk(child, `${path}*.`)
    }
  }
  walk(manifestJsonSchema() as Shape, '') // it is an object schema
  expect(silent).toEqual([])
})

it('an editor that checks by the schema agrees about right and wrong', () => {
  const isValid = new Ajv({ strict: false, allErrors: true }).compile(manifestJsonSchema())
  expect(isValid(parse('name: a\nsteps:\n  - run: ls\n    timeout: 5m\nlimits: { time: 30m, memory: 1GiB, cost: $2.00 }\nnetwork: [example.com]\n'))).toBe(true)
  expect(isValid(parse('name: old\nmodel_provider: openai\nmodel_version: gpt-5\ntime: 9\nresource_limits: { max_steps: 3 }\n'))).toBe(true)
  expect(isValid(parse('name: a\nsteps: [{ run: ls }]\nlimits: { time: 30 }\n'))).toBe(false)
  expect(isValid(parse('name: a\nstepz: [{ run: ls }]\n'))).toBe(false)
  expect(isValid(parse('name: A b\nsteps: [{ run: ls }]\n'))).toBe(false)
})

it('agents/schema.json is what the schema says today', () => {
  const written = readFileSync(new URL('../../../../agents/schema.json', import.meta.url), 'utf8')
  expect(JSON.parse(written), 'write it anew: node server/src/domain/manifest/write-json-schema.ts').toEqual(JSON.parse(JSON.stringify(manifestJsonSchema())))
})
