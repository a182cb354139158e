import { parseDuration } from '../domain/manifest/units.ts'
import { CommandError } from './failure.ts'

const DAY_MS = 86_400_000

/** `90s`, `5m`, `2h`, or a bare number of seconds as the prototype had it. Answers in milliseconds. */
export function parseDurationOption(option: string, text: string, maxDays: number): number {
  const ms = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1000 : parseDuration(text)
  if (ms === null || ms < 100 || ms > maxDays * DAY_MS)
    throw new CommandError(`${option}: expected a duration such as 90s, 5m or 2h (or seconds), at most ${maxDays}d, but got ${JSON.stringify(text)}`)
  return Math.round(ms)
}

export function parseCountOption(option: string, text: string): number {
  const count = Number(text)
  if (!/^\d+$/.test(text) || count < 1 || count > 1_000_000)
    throw new CommandError(`${option}: expected a whole number from 1, but got ${JSON.stringify(text)}`)
  return count
}

export function parseInputs(pairs: string[]): Record<string, string> {
  return Object.fromEntries(pairs.map((pair) => {
    const equals = pair.indexOf('=')
    if (equals < 1)
      throw new CommandError(`--input: expected name=value, but got ${JSON.stringify(pair)}`)
    return [pair.slice(0, equals), pair.slice(equals + 1)]
  }))
}
