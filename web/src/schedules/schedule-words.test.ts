import { expect, it } from 'vitest'
import { specSource, specWords, tickMark, tickWords } from './schedule-words.ts'

const now = Date.parse('2026-11-25T03:00:00.000Z')
const none = { cron: null, everyMs: null, onceAt: null, timezone: 'Europe/Berlin' }

it('says when a schedule comes, and how that is written', () => {
  const daily = { ...none, cron: '0 9 * * 1-5' }
  expect([specWords(daily, now), specSource(daily)]).toEqual(['weekdays at 09:00', '0 9 * * 1-5 Europe/Berlin'])
  const odd = { ...none, cron: '0 9-17 * * *' }
  expect([specWords(odd, now), specSource(odd)]).toEqual(['cron 0 9-17 * * *', 'Europe/Berlin'])
  const often = { ...none, everyMs: 5_400_000 }
  expect([specWords(often, now), specSource(often)]).toEqual(['every 1 h 30 m', 'from the last start'])
  expect(specWords({ ...none, onceAt: '2026-12-24T17:00:00.000Z' }, now)).toBe('once, Thu 24 Dec, 18:00')
})

it('shows a tick as its run, or says why it made none', () => {
  const tick = { tickAt: '2026-11-25T02:00:00.000Z', outcome: 'submitted' as const, detail: null, runId: 'a', runStatus: 'failed' as const }
  expect([tickMark(tick), tickWords(tick)]).toEqual(['failed', 'Failed'])
  expect([tickMark({ ...tick, runStatus: null }), tickWords({ ...tick, runStatus: null })]).toEqual(['scheduled', 'Made a run that is gone by now'])
  expect([tickMark({ ...tick, outcome: 'skipped' }), tickWords({ ...tick, outcome: 'skipped', detail: 'the last run had not ended.' })]).toEqual(['skipped', 'Left out: the last run had not ended'])
  expect([tickMark({ ...tick, outcome: 'refused' }), tickWords({ ...tick, outcome: 'refused', detail: 'no model' })]).toEqual(['failed', 'Refused: no model'])
})
