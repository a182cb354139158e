import type { RunEvent } from '@agentos/server/domain/event'
import { expect, it } from 'vitest'
import { watchEffect } from 'vue'
import { createLog } from '../run/fixtures/log.ts'
import { createEventIntake } from './event-intake.ts'

/** Frames that come when the test says so. */
function frames() {
  const due: (() => void)[] = []
  return {
    schedule(run: () => void) {
      due.push(run)
      return () => due.splice(due.indexOf(run), 1)
    },
    next: () => due.splice(0).forEach(run => run()),
    get due() { return due.length },
  }
}

function log(outputs: number): RunEvent[] {
  const written = createLog().submit().start().command(1, 'seq')
  for (let i = 0; i < outputs; i++)
    written.output(1, `${i}\n`)
  return written.events
}

it('gathers what arrives within a frame into one change', () => {
  const { schedule, next, due } = frames()
  const intake = createEventIntake(schedule, () => 0)
  let draws = -1
  watchEffect(() => draws += intake.timeline.value ? 1 : 0, { flush: 'sync' })
  const events = log(20)
  for (const event of events)
    intake.push([event])
  expect(draws).toBe(0)
  expect(due).toBe(0)
  next()
  expect(draws).toBe(1)
  expect(intake.events.value).toEqual(events)
  expect(intake.timeline.value.lastSeq).toBe(23)
})

it('keeps each event once when batches overlap', () => {
  const { schedule, next } = frames()
  const intake = createEventIntake(schedule, () => 0)
  const events = log(20)
  intake.push(events.slice(0, 10))
  intake.push(events.slice(4, 15))
  next()
  intake.push(events.slice(2))
  next()
  expect(intake.events.value.map(event => event.seq)).toEqual(events.map(event => event.seq))
})

it('leaves the rest of a long backlog to the next frames', () => {
  const { schedule, next } = frames()
  let now = 0
  const intake = createEventIntake(schedule, () => now += 4)
  const events = log(40)
  for (let from = 0; from < events.length; from += 5)
    intake.push(events.slice(from, from + 5))
  next()
  expect(intake.waiting).toBeGreaterThan(0)
  while (intake.waiting > 0)
    next()
  expect(intake.events.value).toHaveLength(events.length)
})

it('draws a stream at most each 30 ms, and what came last as well', () => {
  const { schedule, next } = frames()
  let now = 0
  const intake = createEventIntake(schedule, () => now)
  const drawn: number[] = []
  watchEffect(() => drawn.push(intake.timeline.value.lastSeq), { flush: 'sync' })
  const events = log(20)
  for (let i = 0; i < 6; i++) {
    intake.push([events[i]!])
    next()
    now += 16
  }
  next()
  next()
  expect(drawn).toEqual([0, 1, 3, 5, 6])
})

it('draws seldom while the log is known to reach much further', () => {
  const { schedule, next } = frames()
  let now = 0
  const intake = createEventIntake(schedule, () => now)
  let draws = -1
  watchEffect(() => draws += intake.timeline.value ? 1 : 0, { flush: 'sync' })
  intake.expect(100_000)
  const events = log(60)
  for (let i = 0; i < 60; i++) {
    intake.push([events[i]!])
    next()
    now += 16
  }
  expect(draws).toBe(2)
  expect(intake.timeline.value.lastSeq).toBe(60)
})

it('draws nothing after it was stopped', () => {
  const clock = frames()
  const intake = createEventIntake(clock.schedule, () => 0)
  intake.push(log(3))
  intake.stop()
  clock.next()
  expect(intake.events.value).toEqual([])
})
