import { expect, it } from 'vitest'
import { formatInZone, formatTimeInZone, offsetOf } from './zone-time.ts'

const now = Date.parse('2026-11-25T03:00:00.000Z')

it('shows a tick by the clocks of its own zone', () => {
  expect(formatInZone('2026-11-26T08:00:00.000Z', 'Europe/Berlin', now)).toBe('Thu 26 Nov, 09:00')
  expect(formatInZone('2026-11-26T01:30:20.000Z', 'America/New_York', now)).toBe('Wed 25 Nov, 20:30:20')
  expect(formatTimeInZone('2026-11-26T08:00:00.000Z', 'Asia/Kolkata')).toBe('13:30')
})

it('names the year when it is another one there', () => {
  expect(formatInZone('2026-12-31T23:30:00.000Z', 'Europe/Berlin', now)).toBe('Fri 1 Jan 2027, 00:30')
})

it('says how far the zone is from UTC at that moment', () => {
  expect(offsetOf('2026-11-26T08:00:00.000Z', 'Europe/Berlin')).toBe('UTC+1')
  expect(offsetOf('2026-07-26T08:00:00.000Z', 'Europe/Berlin')).toBe('UTC+2')
  expect(offsetOf('2026-11-26T08:00:00.000Z', 'America/New_York')).toBe('UTC−5')
  expect(offsetOf('2026-11-26T08:00:00.000Z', 'UTC')).toBe('UTC')
})

it('falls back to UTC for a zone that this browser does not know', () => {
  expect(formatInZone('2026-11-26T08:00:00.000Z', 'Mars/Olympus', now)).toBe('Thu 26 Nov, 08:00')
})
