import { expect, it } from 'vitest'
import { markerSentence } from './marker.ts'

const marker = { cause: 'lost' as const, attempt: 1, detail: 'lease expired.', stepsDone: 10, stepsOpen: 1, fromAt: 0, availableAt: null, resumedAt: null }

it('says that a worker was lost, and what it had done', () => {
  expect(markerSentence(marker, 5000)).toEqual({ title: 'Worker lost', note: 'lease expired · 10 steps of attempt 1 had finished · 1 cut short', gap: '' })
})

it('counts down to the next attempt and then says how long it took', () => {
  const retry = { ...marker, cause: 'retry' as const, availableAt: 9000 }
  expect(markerSentence(retry, 5000).title).toBe('Attempt failed, again in 4 s')
  expect(markerSentence(retry, 9500).title).toBe('Attempt failed, waits for a worker')
  expect(markerSentence({ ...retry, resumedAt: 17_000 }, 99_000)).toMatchObject({ title: 'Attempt failed, tried again after 17 s', gap: '17 s' })
})
