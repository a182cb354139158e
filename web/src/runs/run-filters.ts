import type { LocationQuery, LocationQueryRaw } from 'vue-router'
import type { RunFilters } from '../stores/run-list.ts'
import { parseStatus, RUN_STATUSES } from '@agentos/server/domain/run'
import { formatWords, parseDuration } from '../format/duration.ts'

/**
 * The filters as they stand in the address:
 * `?status=failed,running&agent=log-triage&q=errors&since=24h&given-up&before=…`.
 * What is not understood is left out.
 */
export function filtersOf(query: LocationQuery): RunFilters {
  const statuses = new Set(text(query.status).split(',').map(parseStatus))
  return {
    statuses: RUN_STATUSES.filter(status => statuses.has(status)),
    agent: text(query.agent) || null,
    search: text(query.q).trim(),
    sinceMs: parseDuration(text(query.since)),
    deadLetter: query['given-up'] !== undefined,
    before: text(query.before) || null,
  }
}

export function queryOf(filters: RunFilters): LocationQueryRaw {
  return {
    ...(filters.statuses.length > 0 && { status: filters.statuses.join(',') }),
    ...(filters.agent && { agent: filters.agent }),
    ...(filters.search && { q: filters.search }),
    ...(filters.sinceMs && { since: formatWords(filters.sinceMs).replace(/ /g, '') }),
    ...(filters.deadLetter && { 'given-up': null }),
    ...(filters.before && { before: filters.before }),
  }
}

export function isFiltered(filters: RunFilters): boolean {
  return filters.statuses.length > 0 || filters.agent !== null || filters.search !== '' || filters.sinceMs !== null || filters.deadLetter
}

/** What clears them all. */
export const UNFILTERED: Omit<RunFilters, 'before'> = { statuses: [], agent: null, search: '', sinceMs: null, deadLetter: false }

function text(value: LocationQuery[string] | undefined): string {
  return typeof value === 'string' ? value : ''
}
