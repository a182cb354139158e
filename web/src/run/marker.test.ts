import type { Marker } from './timeline.ts'
import { expect, it } from 'vitest'
import { markerSentence } from './marker.ts'

const marker: Marker = { cause: 'lost', attempt: 1, detail: 'lease expired.', stepsDone: 10, stepsOpen: 1, fromAt: 0, availableAt: null, parked: false, resumedAt: null, resumed: null }
const resumed = { attempt: 3, kept: 4, repeated: 1, unknown: 0, workspace: 'kept' as const }

it('says that a worker was lost, and what it had done', () => {
  expect(markerSentence(marker, 5000)).toEqual({ title: 'Worker lost', note: '10 steps of attempt 1 had finished · 1 cut short · lease expired', gap: '' })
})

it('counts down to the next attempt and then says how long it took', () => {
  const retry = { ...marker, cause: 'retry' as const, availableAt: 9000 }
  expect(markerSentence(retry, 5000).title).toBe('Attempt failed, again in 4 s')
  expect(markerSentence(retry, 9500).title).toBe('Attempt failed, waits for a worker')
  expect(markerSentence({ ...retry, resumedAt: 17_000 }, 99_000)).toMatchObject({ title: 'Attempt failed, tried again after 17 s', gap: '17 s' })
})

it('says what the next attempt kept, repeats, and does not know', () => {
  expect(markerSentence({ ...marker, resumedAt: 17_000, resumed }, 99_000)).toEqual({
    title: 'Worker lost, resumed on attempt 3 after 17 s',
    note: '4 steps kept · 1 repeated · 0 unknown',
    gap: '17 s',
  })
})

it('says that the workspace is a new one, and what else was not as before', () => {
  const { note } = markerSentence({ ...marker, resumedAt: 1000, resumed: { ...resumed, kept: 1, unknown: 2, workspace: 'new', notice: 'the session could not be loaded.' } }, 99_000)
  expect(note).toBe('1 step kept · 1 repeated · 2 unknown · in a new workspace · the session could not be loaded')
})

it('says that it waits for a person, that nothing is held meanwhile, and that it went on', () => {
  const parked = { ...marker, cause: 'parked' as const, parked: true, detail: 'deploy has to be settled' }
  expect(markerSentence(parked, 5000)).toEqual({ title: 'Parked for a person', note: 'no process runs and no slot is held · deploy has to be settled', gap: '' })
  expect(markerSentence({ ...parked, resumedAt: 8000, resumed }, 9000).title).toBe('A person has decided, resumed on attempt 3 after 8 s')
  expect(markerSentence({ ...marker, parked: true }, 5000).title).toBe('Worker lost, waits for a person')
})

it('says of a conversation that it waited for the next message, and for how long', () => {
  const waits = { ...marker, cause: 'message' as const, detail: 'It waits for the next message.' }
  expect(markerSentence(waits, 0)).toMatchObject({ title: 'Waits for the next message', note: 'no process runs and no slot is held · It waits for the next message' })
  expect(markerSentence({ ...waits, resumedAt: 90_000 }, 0).title).toMatch(/^The next message came after 1/)
})
