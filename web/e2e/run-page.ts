import type { RunEvent } from '@agentos/client'
import type { Page } from 'playwright-core'
import type { TestServer } from './server.ts'
import { expect } from 'vitest'

/** Every event of the run as the database has it. */
export async function storedEvents({ client }: TestServer, runId: string): Promise<RunEvent[]> {
  const events: RunEvent[] = []
  for (;;) {
    const page = await client.events.list({ runId, after: events.length, limit: 500 })
    if (page.length === 0)
      return events
    events.push(...page)
  }
}

/** What the page holds of the run's events, as its own copy button gives them: in order, as they are shown in the tab Events. */
export async function eventsOnPage(page: Page): Promise<RunEvent[]> {
  await page.getByRole('tab', { name: 'Events' }).click()
  await page.getByTitle('Copy what is shown as JSON lines').click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  const lines = await page.evaluate(() => navigator.clipboard.readText())
  return lines.split('\n').map(line => JSON.parse(line) as RunEvent)
}

/** Waits until the bar says so of what is shown. `Ended`: the log has its last event. */
export async function waitForState(page: Page, state: 'Live' | 'Reconnecting' | 'Ended'): Promise<void> {
  await page.getByRole('status').filter({ hasText: new RegExp(`^${state}·event`) }).waitFor()
}

/** The page has come to the end of the run, and has exactly what is stored: in order, nothing missing, nothing twice. */
export async function expectStoredEventsOnPage(server: TestServer, page: Page, runId: string): Promise<void> {
  await waitForState(page, 'Ended')
  const stored = await storedEvents(server, runId)
  const shown = await eventsOnPage(page)
  expect(shown.map(event => event.seq)).toEqual(stored.map((_event, at) => at + 1))
  expect(shown).toEqual(stored)
  expect(stored.at(-1)!.type).toBe('run.ended')
}

/** The id of the run that the page shows. */
export async function runIdOf(page: Page): Promise<string> {
  await page.waitForURL(/\/runs\/\w/)
  return new URL(page.url()).pathname.split('/').at(-1)!
}
