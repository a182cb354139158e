import { expect, it } from 'vitest'
import { feedOf, versionOf } from './feed.ts'
import { createLog } from './fixtures/log.ts'
import { appendEvents } from './fold.ts'
import { noteLine } from './note-line.ts'
import { createTimeline } from './timeline.ts'

const MiB = 2 ** 20

function fold(log: ReturnType<typeof createLog>) {
  const timeline = createTimeline()
  appendEvents(timeline, log.events)
  return timeline
}

it('puts what the run met where it happened in the reading, and leaves the map as it is', () => {
  const timeline = fold(createLog().submit().start()
    .command(1, 'make').add('limit.approached', { limit: 'memory', used: 410 * MiB, allowed: 512 * MiB }).finish(1)
    .command(2, 'make test').add('artifact.saved', { name: 'trace.json', mediaType: 'application/json', sha256: 'a'.repeat(64), sizeBytes: 10, isWhole: true }).finish(2)
    .add('artifact.lost', { name: 'step-2.log', step: 2, detail: 'ENOSPC' })
    .add('limit.reached', { limit: 'cpuTime', used: 60_000, allowed: 60_000 }))
  expect(feedOf(timeline).map(item => item.kind === 'note' ? item.note.kind : item.kind)).toEqual(['step', 'approached', 'step', 'artifact', 'lost', 'reached'])
  expect(timeline.rows.map(row => row.kind)).toEqual(['attempt', 'step', 'step'])
})

it('says limits in words and units', () => {
  expect(noteLine({ kind: 'approached', limit: 'memory', used: 410 * MiB, allowed: 512 * MiB })).toMatchObject({ tone: 'wait', title: 'Near its limit of memory', about: '80.1 % used', value: '410 MiB of 512 MiB' })
  expect(noteLine({ kind: 'reached', limit: 'cpuTime', used: 60_000, allowed: 60_000 })).toMatchObject({ tone: 'bad', title: 'Reached its limit of CPU time', value: '1:00 of 1:00' })
  expect(noteLine({ kind: 'reached', limit: 'processes', used: 65, allowed: 64 })).toMatchObject({ value: '65 of 64' })
  expect(noteLine({ kind: 'lost', name: 'step-2.log', detail: 'no \u202Espace' })).toMatchObject({ tone: 'wait', title: 'Not saved', about: expect.stringMatching(/^step-2\.log: no [^\u202E]*space$/) })
})

it('counts a host that is refused again where it first was, and keeps no more hosts than it can show', () => {
  const log = createLog().submit().start()
  for (let count = 0; count < 3; count++)
    log.add('network.denied', { host: 'evil.example', port: 443, reason: 'not in network' })
  const timeline = fold(log)
  const [item] = feedOf(timeline)
  expect(item).toMatchObject({ kind: 'note', note: { kind: 'denied', count: 3 } })
  expect(versionOf(item!)).toBe(3)
  for (let count = 0; count < 2000; count++)
    log.add('network.denied', { host: `h${count}.example`, port: 443, reason: 'not in network' })
  appendEvents(timeline, log.events)
  expect(timeline.network.refused).toBe(2003)
  expect(timeline.notes.length).toBe(500)
  expect(timeline.network.denied.size).toBe(500)
})

it('puts what a person said in a conversation between the attempts, on one line', () => {
  const timeline = fold(createLog().submit().start().add('run.parked', { for: 'message', detail: 'It waits.' }).add('message.sent', { by: 'owner', text: 'and\nnow?' }).start())
  const items = feedOf(timeline)
  expect(items.map(item => item.kind)).toEqual(['marker', 'note'])
  expect(items[0]).toMatchObject({ marker: { cause: 'message', parked: false } })
  expect(noteLine({ kind: 'message', by: 'owner', text: 'and\nnow?' })).toMatchObject({ tone: 'plain', title: 'owner', about: 'and now?' })
})
