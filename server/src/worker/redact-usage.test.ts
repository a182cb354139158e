import { expect, it } from 'vitest'
import { createRedactor } from '../domain/redact/redactor.ts'
import { redactUsage } from './redact-usage.ts'

const SECRET = 'canary-4f1d9a77c2e84b0e'
const redactor = createRedactor([{ value: SECRET, shown: '[secret TOKEN]' }])

function commands(...given: string[]): string[] {
  const tree = given.map((command, at) => ({ pid: at + 1, parent: at, command, cpuMs: 0, memoryBytes: 0, startedAt: '2026-11-24T10:00:00.000Z' }))
  const usage = { at: '2026-11-24T10:00:00.000Z', cpuMs: 0, memoryBytes: 0, processes: 1, files: 0, diskBytes: null, tree, omitted: 0 }
  return redactUsage(redactor, usage).tree.map(({ command }) => command)
}

it('takes a secret out of the command lines of processes', () => {
  expect(commands('sleep 1', `curl -H "Authorization: ${SECRET}" example`)).toEqual(['sleep 1', 'curl -H "Authorization: [secret TOKEN]" example'])
})

it('leaves out what may be the beginning of one where the line was cut', () => {
  const [cut, whole] = commands(`curl ${'x'.repeat(300)} ${SECRET}`.slice(0, 300), `${'x'.repeat(285)} ${SECRET.slice(0, 14)}`)
  expect(cut).toMatch(/^curl x+…$/)
  expect(whole).not.toContain(SECRET.slice(0, 8))
})
