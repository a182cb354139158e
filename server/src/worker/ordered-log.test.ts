import type { NewEvent } from '../domain/event.ts'
import { expect, it } from 'vitest'
import { event } from '../domain/event.ts'
import { createOrderedLog } from './ordered-log.ts'

const output = (text: string) => event('step.output', { step: 1, stream: 'stdout', text })
const texts = (events: NewEvent[]) => events.map(({ data }) => (data as { text: string }).text)

/** A log whose appends are let through one by one. */
function gatedLog() {
  const batches: string[][] = []
  const gates: { open: () => void, fail: (error: Error) => void }[] = []
  const failures: unknown[] = []
  const log = createOrderedLog((events) => {
    batches.push(texts(events))
    return new Promise<void>((open, fail) => gates.push({ open, fail }))
  }, error => failures.push(error))
  return { log, batches, gates, failures }
}

it('what is handed over while a batch is being written goes into the next one, in order', async () => {
  const { log, batches, gates } = gatedLog()
  void log.push([output('a')])
  void log.push([output('b')])
  const recorded = log.record([output('c')])
  void log.push([output('d')])
  expect(batches).toEqual([['a']])
  gates[0]!.open()
  await expect.poll(() => batches.length).toBe(2)
  expect(batches[1]).toEqual(['b', 'c', 'd'])
  gates[1]!.open()
  await recorded
  await log.flush()
})

it('what can wait goes with what comes next, or with the flush', async () => {
  const { log, batches, gates } = gatedLog()
  log.hold([output('a')])
  expect(batches).toEqual([])
  void log.push([output('b')])
  log.hold([output('c')])
  expect(batches).toEqual([['a', 'b']])
  const flushed = log.flush()
  gates[0]!.open()
  await expect.poll(() => batches).toEqual([['a', 'b'], ['c']])
  gates[1]!.open()
  await flushed
})

it('a record resolves only when it is durable', async () => {
  const { log, gates } = gatedLog()
  let isDurable = false
  const recorded = log.record([output('a')]).then(() => {
    isDurable = true
  })
  await new Promise(setImmediate)
  expect(isDurable).toBe(false)
  gates[0]!.open()
  await recorded
})

it('a writer who is too far ahead waits for room', async () => {
  const { log, gates } = gatedLog()
  void log.push([output('a')])
  let hasRoom = false
  const pushed = log.push(Array.from({ length: 4500 }, (_, index) => output(String(index)))).then(() => {
    hasRoom = true
  })
  await new Promise(setImmediate)
  expect(hasRoom).toBe(false)
  gates[0]!.open()
  await expect.poll(() => gates.length).toBe(2)
  gates[1]!.open()
  await pushed
})

it('after a failure nothing more is written, and whoever records or flushes is told', async () => {
  const { log, batches, gates, failures } = gatedLog()
  const first = log.record([output('a')])
  const second = log.record([output('b')])
  gates[0]!.fail(new Error('fence lost'))
  await expect(first).rejects.toThrow('fence lost')
  await expect(second).rejects.toThrow('fence lost')
  await log.push([output('c')])
  await expect(log.record([output('d')])).rejects.toThrow('fence lost')
  await expect(log.flush()).rejects.toThrow('fence lost')
  expect(batches).toEqual([['a']])
  expect(failures).toHaveLength(1)
})
