import type { DueSchedule, Timing } from './schedule.ts'
import { describe, expect, it } from 'vitest'
import { parseMoment } from './schedule-words.ts'
import { nextTick, planTicks, ticksFrom } from './schedule.ts'

const at = (text: string): number => Date.parse(text)
const iso = (ms: number): string => new Date(ms).toISOString().replace('.000', '')
const cron = (expression: string, timezone = 'UTC'): Timing => ({ cron: expression, everyMs: null, onceAtMs: null, timezone })
const next = (timing: Timing, after: string, count: number): string[] => ticksFrom(timing, nextTick(timing, at(after)), count).map(iso)

describe('ticks', () => {
  it('five fields count minutes, six count seconds', () => {
    expect(next(cron('30 9 * * 1-5'), '2026-11-27T10:00:00Z', 2)).toEqual(['2026-11-30T09:30:00Z', '2026-12-01T09:30:00Z'])
    expect(next(cron('*/20 0 9 * * *'), '2026-11-27T09:00:20Z', 3)).toEqual(['2026-11-27T09:00:40Z', '2026-11-28T09:00:00Z', '2026-11-28T09:00:20Z'])
  })

  it('cron fields are wall-clock time of their zone', () => {
    expect(next(cron('0 9 * * *', 'Asia/Kolkata'), '2026-06-01T00:00:00Z', 1)).toEqual(['2026-06-01T03:30:00Z'])
  })

  it('a tick is after the moment it is asked for, never that moment itself', () => {
    expect(next(cron('0 * * * *'), '2026-11-27T09:00:00Z', 1)).toEqual(['2026-11-27T10:00:00Z'])
  })

  it('every counts from the last start, and one moment comes once', () => {
    expect(next({ cron: null, everyMs: 90_000, onceAtMs: null, timezone: 'UTC' }, '2026-11-27T09:00:07Z', 2)).toEqual(['2026-11-27T09:01:37Z', '2026-11-27T09:03:07Z'])
    const once = { cron: null, everyMs: null, onceAtMs: at('2026-11-27T09:00:00Z'), timezone: 'UTC' }
    expect(next(once, '2026-11-27T08:00:00Z', 5)).toEqual(['2026-11-27T09:00:00Z'])
    expect(nextTick(once, at('2026-11-27T09:00:00Z'))).toBeNull()
  })
})

describe('the days on which clocks change, in Berlin', () => {
  // 29 March 2026: 02:00 becomes 03:00 at 01:00Z. 25 October 2026: 03:00 becomes 02:00 at 01:00Z.
  it('a time of day that is jumped over comes right after the jump', () => {
    expect(next(cron('30 2 * * *', 'Europe/Berlin'), '2026-03-28T12:00:00Z', 2)).toEqual(['2026-03-29T01:00:00Z', '2026-03-30T00:30:00Z'])
  })

  it('a time of day that comes twice counts once, the first time', () => {
    expect(next(cron('30 2 * * *', 'Europe/Berlin'), '2026-10-24T12:00:00Z', 2)).toEqual(['2026-10-25T00:30:00Z', '2026-10-26T01:30:00Z'])
  })

  it('what comes several times an hour is left out in the hour that is jumped over, and comes in both that have one name', () => {
    expect(next(cron('*/30 2 * * *', 'Europe/Berlin'), '2026-03-28T12:00:00Z', 2)).toEqual(['2026-03-30T00:00:00Z', '2026-03-30T00:30:00Z'])
    expect(next(cron('*/30 2 * * *', 'Europe/Berlin'), '2026-10-24T12:00:00Z', 5))
      .toEqual(['2026-10-25T00:00:00Z', '2026-10-25T00:30:00Z', '2026-10-25T01:00:00Z', '2026-10-25T01:30:00Z', '2026-10-26T01:00:00Z'])
  })

  it('what comes every hour goes on every hour', () => {
    expect(next(cron('0 * * * *', 'Europe/Berlin'), '2026-03-28T23:30:00Z', 3)).toEqual(['2026-03-29T00:00:00Z', '2026-03-29T01:00:00Z', '2026-03-29T02:00:00Z'])
    expect(next(cron('0 * * * *', 'Europe/Berlin'), '2026-10-24T23:30:00Z', 3)).toEqual(['2026-10-25T00:00:00Z', '2026-10-25T01:00:00Z', '2026-10-25T02:00:00Z'])
  })

  it('one moment that is jumped over is an hour later by the clock; of one that comes twice it is the first', () => {
    expect(iso(parseMoment('2026-03-29T02:30', 'Europe/Berlin')!)).toBe('2026-03-29T01:30:00Z')
    expect(iso(parseMoment('2026-10-25T02:30', 'Europe/Berlin')!)).toBe('2026-10-25T00:30:00Z')
  })
})

describe('what becomes of ticks that are due', () => {
  const hourly = (over: Partial<DueSchedule> = {}): DueSchedule =>
    ({ ...cron('0 * * * *'), nextTickMs: at('2026-11-27T09:00:00Z'), catchUp: 'last', catchUpWindowMs: 86_400_000, ...over })
  const plan = (schedule: DueSchedule, now: string) => {
    const { skipped, omitted, start, nextMs } = planTicks(schedule, at(now))
    return { skipped: skipped.map(iso), omitted, start: start && `${iso(start.atMs)}${start.isLate ? ' late' : ''}`, next: nextMs && iso(nextMs) }
  }

  it('one that comes on time is started, whatever is caught up', () => {
    for (const catchUp of ['none', 'last', 'all'] as const) {
      expect(plan(hourly({ catchUp }), '2026-11-27T09:00:00.012Z'))
        .toEqual({ skipped: [], omitted: null, start: '2026-11-27T09:00:00Z', next: '2026-11-27T10:00:00Z' })
    }
  })

  it('of three that were missed, none, the last, or all are started, one after another', () => {
    const now = '2026-11-27T11:30:00Z'
    expect(plan(hourly({ catchUp: 'none' }), now))
      .toEqual({ skipped: ['2026-11-27T09:00:00Z', '2026-11-27T10:00:00Z', '2026-11-27T11:00:00Z'], omitted: null, start: null, next: '2026-11-27T12:00:00Z' })
    expect(plan(hourly({ catchUp: 'last' }), now))
      .toEqual({ skipped: ['2026-11-27T09:00:00Z', '2026-11-27T10:00:00Z'], omitted: null, start: '2026-11-27T11:00:00Z late', next: '2026-11-27T12:00:00Z' })
    expect(plan(hourly({ catchUp: 'all' }), now))
      .toEqual({ skipped: [], omitted: null, start: '2026-11-27T09:00:00Z late', next: '2026-11-27T10:00:00Z' })
    expect(plan(hourly({ catchUp: 'all', nextTickMs: at('2026-11-27T11:00:00Z') }), now))
      .toEqual({ skipped: [], omitted: null, start: '2026-11-27T11:00:00Z late', next: '2026-11-27T12:00:00Z' })
  })

  it('what was missed before the window is left out', () => {
    expect(plan(hourly({ catchUp: 'all', catchUpWindowMs: 3_600_000 }), '2026-11-27T11:30:00Z'))
      .toEqual({ skipped: ['2026-11-27T09:00:00Z', '2026-11-27T10:00:00Z'], omitted: null, start: '2026-11-27T11:00:00Z late', next: '2026-11-27T12:00:00Z' })
    expect(plan(hourly({ catchUp: 'last', catchUpWindowMs: 60_000 }), '2026-11-27T11:30:00Z')).toMatchObject({ start: null, next: '2026-11-27T12:00:00Z' })
  })

  it('with none, a tick that comes on time is started although earlier ones were missed', () => {
    expect(plan(hourly({ catchUp: 'none' }), '2026-11-27T11:00:05Z'))
      .toEqual({ skipped: ['2026-11-27T09:00:00Z', '2026-11-27T10:00:00Z'], omitted: null, start: '2026-11-27T11:00:00Z', next: '2026-11-27T12:00:00Z' })
  })

  it('a hundred at most are told one by one, and the others are counted', () => {
    const away = plan(hourly({ catchUp: 'none' }), '2026-12-07T09:30:00Z')
    expect(away.skipped).toHaveLength(100)
    expect(away.skipped.at(-1)).toBe('2026-12-07T09:00:00Z')
    expect(away.omitted).toEqual({ atMs: at('2026-11-27T09:00:00Z'), count: 141, isCounted: true })
  })

  it('a year away from a schedule of seconds is not counted tick by tick, and catches up a hundred', () => {
    const startedAt = performance.now()
    const away = plan(hourly({ ...cron('* * * * * *'), catchUp: 'all' }), '2027-11-27T09:00:00Z')
    expect(performance.now() - startedAt).toBeLessThan(15_000) // tick by tick it would be a quarter of an hour
    expect(away).toMatchObject({ start: '2027-11-27T08:58:21Z late', next: '2027-11-27T08:58:22Z', omitted: { atMs: at('2026-11-27T09:00:00Z'), isCounted: false } })
    expect(away.skipped).toHaveLength(100)
  })

  it('ticks that come in bursts are found however long ago the last one was', () => {
    const away = plan(hourly({ ...cron('* * 2 * * *'), catchUp: 'last', nextTickMs: at('2026-11-27T02:00:00Z') }), '2026-11-27T20:00:00Z')
    expect(away).toMatchObject({ start: '2026-11-27T02:59:59Z late', next: '2026-11-28T02:00:00Z' })
  })

  it('one that counts from the last start has missed one, and counts from now', () => {
    const every = { cron: null, everyMs: 3_600_000, onceAtMs: null }
    expect(plan(hourly({ ...every, catchUp: 'none' }), '2026-11-27T12:30:00Z')).toEqual({ skipped: ['2026-11-27T09:00:00Z'], omitted: null, start: null, next: '2026-11-27T13:30:00Z' })
    expect(plan(hourly({ ...every, catchUp: 'all' }), '2026-11-27T12:30:00Z')).toEqual({ skipped: [], omitted: null, start: '2026-11-27T09:00:00Z late', next: '2026-11-27T13:30:00Z' })
  })

  it('one moment is started once, also when it was missed', () => {
    const once = { cron: null, onceAtMs: at('2026-11-27T09:00:00Z') }
    expect(plan(hourly(once), '2026-11-27T12:30:00Z')).toEqual({ skipped: [], omitted: null, start: '2026-11-27T09:00:00Z late', next: null })
  })
})
