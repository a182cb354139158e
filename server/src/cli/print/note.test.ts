import type { RunEvent } from '@agentos/client'
import { stripVTControlCharacters } from 'node:util'
import { expect, it } from 'vitest'
import { formatNote } from './note.ts'

function note(type: string, data: object): string | null {
  const line = formatNote({ seq: 1, attempt: 1, at: '2026-11-24T10:00:00.000Z', type, data } as RunEvent, name => `at ${name}`)
  return line === null ? null : stripVTControlCharacters(line)
}

it('says limits in words and units', () => {
  expect(note('limit.approached', { limit: 'memory', used: 430_000_000, allowed: 512 * 2 ** 20 })).toBe('! near its limit, memory: 410 MiB of 512 MiB')
  expect(note('limit.approached', { limit: 'cpuTime', used: 48_000, allowed: 60_000 })).toBe('! near its limit, CPU time: 48 s of 1:00')
  expect(note('limit.reached', { limit: 'processes', used: 65, allowed: 64 })).toBe('limit reached: processes: 65 of 64')
  expect(note('output.cut', { step: 1, droppedBytes: 2048, allowedBytes: 10 * 2 ** 20 })).toBe('… 2 KiB of output were left out (limit 10 MiB)')
})

it('shows an open network, what was refused and what was saved, in plain text', () => {
  expect(note('sandbox.opened', { level: 'sandbox', by: 'bubblewrap', durationMs: 1, network: 'open' })).toBe('isolation: sandbox (bubblewrap) · network open')
  expect(note('sandbox.opened', { level: 'sandbox', by: 'bubblewrap', durationMs: 1, network: 'none' })).toBe('isolation: sandbox (bubblewrap)')
  expect(note('network.denied', { host: 'a\u001B[2J.example', port: 443, reason: 'not in network' })).toBe('! no connection to a.example:443: not in network')
  expect(note('artifact.saved', { name: 'trace.json', mediaType: 'application/json', sha256: 'a'.repeat(64), sizeBytes: 3_000_000, isWhole: false })).toBe('saved trace.json (2.9 MiB, cut): at trace.json')
  expect(note('artifact.lost', { name: 'step-1.log', step: 1, detail: 'the disk\u001B[2J is full' })).toBe('! step-1.log could not be saved: the disk is full')
  expect(note('step.output', { step: 1, stream: 'stdout', text: 'x' })).toBeNull()
})
