import type { RunFilters } from '../stores/run-list.ts'
import { expect, it } from 'vitest'
import { filtersOf, isFiltered, queryOf } from './run-filters.ts'

const NONE: RunFilters = { statuses: [], agent: null, search: '', sinceMs: null, deadLetter: false, before: null }

it('reads the filters from the address, in the order of the states', () => {
  expect(filtersOf({ 'status': 'failed,running', 'agent': 'log-triage', 'q': ' errors ', 'since': '24h', 'given-up': null, 'before': 'c1' })).toEqual({
    statuses: ['running', 'failed'],
    agent: 'log-triage',
    search: 'errors',
    sinceMs: 86_400_000,
    deadLetter: true,
    before: 'c1',
  })
})

it('understands the old words and leaves out what it does not understand', () => {
  expect(filtersOf({ status: 'completed,stopped,nonsense', since: 'ever' })).toEqual({ ...NONE, statuses: ['succeeded', 'cancelled'] })
  expect(filtersOf({})).toEqual(NONE)
})

it('writes an address that reads back as the same filters', () => {
  const filters: RunFilters = { statuses: ['queued', 'failed'], agent: 'a', search: 'r_7f', sinceMs: 7 * 86_400_000, deadLetter: true, before: 'c' }
  expect(filtersOf(queryOf(filters) as never)).toEqual(filters) // the router turns raw values into text, and these are text
  expect(queryOf(NONE)).toEqual({})
})

it('does not count the page as a filter', () => {
  expect(isFiltered({ ...NONE, before: 'c' })).toBe(false)
  expect(isFiltered({ ...NONE, search: 'x' })).toBe(true)
  expect(isFiltered({ ...NONE, deadLetter: true })).toBe(true)
})
