import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { describe, expect, it } from 'vitest'
import { environmentSchema } from './environment.ts'

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
const example = parseEnv(read('.env.example'))
const compose = [...read('docker-compose.prod.yml').matchAll(/(?<!\$)\$\{([A-Z_]+)/g)].map(([, name]) => name!)

describe('.env.example', () => {
  it('names every variable that is read by the server or by docker-compose.prod.yml, and none that is not', () => {
    expect(Object.keys(example).sort()).toEqual([...new Set([...Object.keys(environmentSchema.shape), ...compose])].sort())
  })

  it('shows the defaults of docker-compose.prod.yml as they are', () => {
    const defaults = [...read('docker-compose.prod.yml').matchAll(/(?<!\$)\$\{([A-Z_]+):-([^{}]+)\}/g)].map(([, name, value]) => [name, value])
    expect(defaults.length).toBeGreaterThan(5)
    expect(defaults.filter(([name, value]) => example[name!] !== value)).toEqual([])
  })

  it('shows each default as it is', () => {
    const shown = Object.fromEntries(Object.entries(example).filter(([, value]) => value !== ''))
    expect(environmentSchema.parse(shown)).toEqual(environmentSchema.parse({}))
  })

  it('says above each variable what it is', () => {
    const lines = read('.env.example').split('\n')
    const bare = lines.filter((line, index) => /^[A-Z_]+=/.test(line) && !/^(?:#|[A-Z_]+=)/.test(lines[index - 1] ?? ''))
    expect(bare).toEqual([])
  })
})

it('says of every variable what it must look like', () => {
  for (const [name, schema] of Object.entries(environmentSchema.shape))
    expect(schema.meta()?.expected, name).toEqual(expect.any(String))
})
