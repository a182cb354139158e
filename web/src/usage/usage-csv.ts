import type { UsageRow } from '@agentos/server/domain/views/budget'

const COLUMNS = ['day', 'agent', 'person', 'model', 'calls', 'unknownCalls', 'inputTokens', 'outputTokens', 'cachedTokens', 'costUsd'] as const satisfies (keyof UsageRow)[]

/** For a spreadsheet: a head and a line for each row. */
export function usageCsv(rows: UsageRow[]): string {
  return [COLUMNS.join(','), ...rows.map(row => COLUMNS.map(name => cell(row[name])).join(','))].map(line => `${line}\r\n`).join('')
}

/** A spreadsheet takes what begins so for a formula. */
function cell(value: string | number | null): string {
  if (typeof value !== 'string')
    return value === null ? '' : String(value)
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
