import { expect, it } from 'vitest'
import { recentFigures } from './agent-facts.ts'

it('says the share of ended runs that succeeded and the median time of those', () => {
  expect(recentFigures([
    { id: '1', status: 'succeeded', durationMs: 3000 },
    { id: '2', status: 'failed', durationMs: 90_000 },
    { id: '3', status: 'succeeded', durationMs: 1000 },
    { id: '4', status: 'succeeded', durationMs: 2000 },
    { id: '5', status: 'running', durationMs: null },
  ])).toEqual({ succeeded: '75 %', medianMs: 2000 })
})

it('says nothing before anything has ended', () => {
  expect(recentFigures([{ id: '1', status: 'running', durationMs: null }])).toEqual({ succeeded: null, medianMs: null })
})
