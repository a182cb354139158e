import { parseArgs } from 'node:util'

export interface Arguments { seed: number, only: string[], isShort: boolean, runs: number }

/** @throws {Error} with one line for a person */
export function readArguments(args: string[], names: string[]): Arguments {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string' },
      only: { type: 'string', multiple: true },
      short: { type: 'boolean', default: false },
      runs: { type: 'string', default: '10000' },
    },
  })
  const only = values.only ?? []
  const unknown = only.find(name => !names.includes(name))
  if (unknown !== undefined)
    throw new Error(`--only: expected one of ${names.join(', ')}, got ${JSON.stringify(unknown)}`)
  return {
    seed: values.seed === undefined ? crypto.getRandomValues(new Uint32Array(1))[0]! : whole('--seed', values.seed, 0),
    only,
    isShort: values.short,
    runs: whole('--runs', values.runs, 1),
  }
}

function whole(name: string, text: string, least: number): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (!(number >= least && number < 2 ** 32))
    throw new Error(`${name}: expected a whole number of at least ${least}, got ${JSON.stringify(text)}`)
  return number
}
