import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { describe, expect, it } from 'vitest'
import { environmentSchema } from './environment.ts'

const example = parseEnv(readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8'))

describe('.env.example', () => {
  it('names every variable that is read, and none that is not', () => {
    expect(Object.keys(example).sort()).toEqual(Object.keys(environmentSchema.shape).sort())
  })

  it('shows each default as it is', () => {
    const shown = Object.fromEntries(Object.entries(example).filter(([, value]) => value !== ''))
    expect(environmentSchema.parse(shown)).toEqual(environmentSchema.parse({}))
  })

  it('says above each variable what it is', () => {
    const lines = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8').split('\n')
    const bare = lines.filter((line, index) => /^[A-Z_]+=/.test(line) && !/^(?:#|[A-Z_]+=)/.test(lines[index - 1] ?? ''))
    expect(bare).toEqual([])
  })
})

it('says of every variable what it must look like', () => {
  for (const [name, schema] of Object.entries(environmentSchema.shape))
    expect(schema.meta()?.expected, name).toEqual(expect.any(String))
})
