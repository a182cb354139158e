import { describe, expect, it } from 'vitest'
import { createLog } from './fixtures/log.ts'
import { appendEvents } from './fold.ts'
import { barOf, laneOf, ticksOf } from './lane.ts'
import { createTimeline } from './timeline.ts'

const lane = { fromAt: 1000, toAt: 1000 + 372_000 }

describe('the time lane', () => {
  it('does not exist before the first attempt', () => {
    expect(laneOf(createTimeline(), 0)).toBeNull()
  })

  it('ends now while the run runs, and where the run ended afterwards', () => {
    const log = createLog('1970-01-01T00:00:01.000Z').submit().start().wait(4000)
    const timeline = createTimeline()
    appendEvents(timeline, log.events)
    expect(laneOf(timeline, 9000)).toEqual({ fromAt: 1000, toAt: 9000 })
    appendEvents(timeline, log.end().events)
    expect(laneOf(timeline, 9000)).toEqual({ fromAt: 1000, toAt: 5000 })
  })

  it('is marked at round times', () => {
    expect(ticksOf(lane, 7).map(tick => tick.label)).toEqual(['0', '1m', '2m', '3m', '4m', '5m', '6m'])
    expect(ticksOf({ fromAt: 0, toAt: 900 }, 8).map(tick => tick.label)).toEqual(['0', '200ms', '400ms', '600ms', '800ms'])
    expect(ticksOf({ fromAt: 0, toAt: 95_000 }, 7).map(tick => tick.label)).toEqual(['0', '15s', '30s', '45s', '1:00', '1:15', '1:30'])
    expect(ticksOf({ fromAt: 0, toAt: 83 * 60_000 }, 7).map(tick => tick.label)).toEqual(['0', '15m', '30m', '45m', '1:00', '1:15'])
    expect(ticksOf({ fromAt: 0, toAt: 3 * 86_400_000 }, 7).map(tick => tick.label)).toEqual(['0', '12h', '1d', '36h', '2d', '60h'])
  })

  it('keeps a bar within its edges and lets what runs reach the end', () => {
    expect(barOf(lane, 1000, 187_000)).toEqual({ left: '0%', width: '50%' })
    expect(barOf(lane, 187_000, null)).toEqual({ left: '50%', width: '50%' })
    expect(barOf(lane, 0, 999_999)).toEqual({ left: '0%', width: '100%' })
  })
})
