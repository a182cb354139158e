import { expect, it } from 'vitest'
import { axisOf, dotsOf } from './next-axis.ts'

const now = Date.parse('2026-11-25T15:10:00.000Z')
const HOUR_MS = 3_600_000
const inHours = (...hours: number[]) => hours.map(one => new Date(now + one * HOUR_MS).toISOString())

it('is as short as it can be while the next two are on it', () => {
  expect(axisOf(inHours(0.5, 2.8, 70), now, 0).label).toBe('4 h')
  expect(axisOf(inHours(20), now, 0).label).toBe('24 h')
  expect(axisOf(inHours(900), now, 0).label).toBe('7 d')
  expect(axisOf([null], now, 0).label).toBe('1 h')
})

it('has marks at round times by the clocks of who looks', () => {
  expect(axisOf(inHours(3), now, 0).marks.map(mark => [mark.label, Math.round(mark.percent)])).toEqual([['16:00', 21], ['17:00', 46], ['18:00', 71], ['19:00', 96]])
  expect(axisOf(inHours(3), now, 5.5 * HOUR_MS).marks.map(mark => mark.label)).toEqual(['21:00', '22:00', '23:00', '00:00'])
  expect(axisOf(inHours(100), now, 0).marks[0]).toMatchObject({ label: 'Thu 26' })
})

it('shows the ticks that lie on it, the first one apart, and says when there are more than are known', () => {
  const axis = axisOf(inHours(2, 3), now, 0)
  const preview = inHours(0.4, 0.9, 1.4, 1.9, 2.4)
  expect(dotsOf({ preview, pausedAt: null }, axis)).toMatchObject({
    dots: [{ percent: 10, isFirst: true }, { isFirst: false }, {}, {}, { percent: 60 }],
    goesOn: true,
  })
  expect(dotsOf({ preview: inHours(1, 30), pausedAt: null }, axis)).toMatchObject({ dots: [{ percent: 25 }], goesOn: false })
  expect(dotsOf({ preview, pausedAt: '2026-11-25T15:00:00.000Z' }, axis)).toEqual({ dots: [], goesOn: false })
})
