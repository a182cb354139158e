import type { Scraped } from './prometheus.ts'
import type { TestServer } from './server-harness.ts'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAgentOS } from '@agentos/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readExpression, readScrape } from './prometheus.ts'
import { openServer, script } from './server-harness.ts'
import { startScriptedModel } from './worker/scripted-model.ts'

interface Rule { alert: string, expr: string, for: string, labels: { severity: string }, annotations: { summary: string, runbook: string } }
interface Panel { title: string, type: string, targets?: { expr: string, legendFormat: string }[] }

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8')

let server: TestServer
let stopModel: () => Promise<void>
let prices: string
let metrics: Map<string, Scraped>
let series: Map<string, Scraped>

/** A server that has done a little of everything that it counts. */
beforeAll(async () => {
  const model = await startScriptedModel([{ call: [{ tool: 'shell', input: { command: 'echo hi' } }] }, { say: 'done' }])
  stopModel = model.stop
  prices = await mkdtemp(join(tmpdir(), 'agentos-prices-'))
  await writeFile(join(prices, 'prices.yaml'), 'version: test\nmodels:\n  openai/scripted: { input: 10, output: 100 }\n')
  server = await openServer({ OPENAI_API_KEY: 'sk-x', OPENAI_BASE_URL: model.baseUrl, AGENTOS_PRICES: join(prices, 'prices.yaml') })
  const client = createAgentOS({ url: server.url, apiKey: server.credential })
  const run = async (source: string) => {
    const { id } = await client.runs.submit({ manifest: { source }, task: 'look' })
    let last = ''
    for await (const { type } of client.runs.follow(id))
      last = type
    expect(last).toBe('run.ended')
  }
  await run('name: asker\nmodel: openai/scripted\n')
  await run('name: unpriced\nmodel: openai/nobody-knows\ncost: unmetered\n')
  await run('name: broke\nmodel: openai/scripted\nlimits: { tokens: 1 }\n')
  await run(script('echo hi').source)
  await client.close()
  ;({ metrics, series } = await scrape())
})
afterAll(async () => {
  await server.stop()
  await stopModel()
  await rm(prices, { recursive: true })
})

async function scrape() {
  const response = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${server.credential}` } })
  return readScrape(await response.text())
}

function valueOf(name: string, labels = ''): number | undefined {
  return series.get(name)?.values.get(labels)
}

describe('/metrics', () => {
  it('counts runs, attempts, events, limits and refusals', () => {
    expect(valueOf('agentos_run_duration_seconds_count', 'reason="completed"')).toBe(3)
    expect(valueOf('agentos_run_duration_seconds_count', 'reason="budget_exhausted"')).toBe(1)
    expect(valueOf('agentos_attempts_started_total')).toBe(4)
    expect(valueOf('agentos_attempts_ended_total', 'outcome="ended"')).toBe(4)
    expect(valueOf('agentos_queue_wait_seconds_count')).toBe(4)
    expect(valueOf('agentos_events_appended_total', 'type="run.ended"')).toBe(4)
    expect(valueOf('agentos_limits_reached_total', 'limit="tokens"')).toBe(1)
    expect(valueOf('agentos_budget_refusals_total', 'scope="run",unit="tokens"')).toBe(1)
    expect(valueOf('agentos_executor_starts_total')).toBe(1)
    expect(valueOf('agentos_runs', 'status="succeeded"')).toBe(3)
    expect(valueOf('agentos_tool_calls_total', 'status="succeeded"')).toBeGreaterThan(0)
  })

  it('counts calls to models with their tokens and what they cost, and says which had no price', () => {
    const scripted = 'provider="openai",model="scripted"'
    expect(valueOf('agentos_model_calls_total', `${scripted},outcome="tool_calls"`)).toBe(1)
    expect(valueOf('agentos_model_calls_total', `${scripted},outcome="stop"`)).toBe(1)
    expect(valueOf('agentos_model_tokens_total', `${scripted},kind="input"`)).toBe(22)
    expect(valueOf('agentos_model_tokens_total', `${scripted},kind="output"`)).toBe(14)
    expect(valueOf('agentos_model_tokens_total', `${scripted},kind="cached"`)).toBe(6)
    expect(valueOf('agentos_model_cost_usd_total', scripted)).toBeGreaterThan(0)
    expect(valueOf('agentos_model_calls_unpriced_total', 'provider="openai"')).toBeGreaterThan(0)
    expect(valueOf('agentos_model_call_duration_seconds_count', 'provider="openai",outcome="answered"')).toBeGreaterThan(1)
  })

  it('says how long the database took, and how late live events were', () => {
    for (const operation of ['append', 'read', 'write', 'model'])
      expect(valueOf('agentos_database_duration_seconds_count', `operation="${operation}"`), operation).toBeGreaterThan(0)
    expect(valueOf('agentos_event_lag_seconds_count')).toBeGreaterThan(0)
    expect(valueOf('agentos_database_up')).toBe(1)
    expect(valueOf('agentos_data_folder_free_bytes')).toBeLessThanOrEqual(valueOf('agentos_data_folder_size_bytes')!)
  })

  it('has the figures of the process, and every counter and unit in its name', () => {
    expect(series.has('process_cpu_seconds_total') && series.has('nodejs_eventloop_lag_p99_seconds')).toBe(true)
    const own = [...metrics].filter(([name]) => name.startsWith('agentos_'))
    // The prototype's six were named by it.
    expect(own.filter(([name, { kind }]) => name !== 'agentos_agents_total' && (kind === 'counter') !== name.endsWith('_total')).map(([name]) => name)).toEqual([])
    expect(own.filter(([name]) => /_(?:ms|milliseconds|kb|mb|percent)(?:_|$)/.test(name))).toEqual([])
    expect(own.filter(([, { kind, help }]) => kind === '' || help === '')).toEqual([])
  })

  it('has no label that could be a run, an agent or a person', () => {
    const labels = new Set([...metrics.values()].flatMap(metric => [...metric.labels]))
    expect([...labels].filter(label => /run|agent|user|name|id$/.test(label))).toEqual([])
  })
})

/** What Prometheus adds. */
const OF_SCRAPES = ['job', 'instance']

function problemsOf(expression: string): string[] {
  const found = readExpression(expression.replaceAll('$__rate_interval', '5m'))
  if ('problem' in found)
    return [found.problem]
  const all = new Set(OF_SCRAPES)
  const problems = found.series.flatMap(({ name, labels }) => {
    const known = name === 'up' ? new Set<string>() : series.get(name)?.labels
    if (!known)
      return [`there is no ${name}`]
    known.forEach(label => all.add(label))
    return labels.filter(label => !known.has(label) && !OF_SCRAPES.includes(label)).map(label => `${name} has no label ${label}`)
  })
  if (found.series.length === 0)
    problems.push('it asks for nothing')
  return [...problems, ...found.groups.filter(label => !all.has(label)).map(label => `nothing has the label ${label}`)]
}

describe('what reads them', () => {
  it('finds a wrong name, a wrong label and a wrong word', () => {
    expect(problemsOf('sum(agentos_runz)')).toEqual(['there is no agentos_runz'])
    expect(problemsOf('max(agentos_runs{state="queued"})')).toEqual(['agentos_runs has no label state'])
    expect(problemsOf('sum by (reasons) (agentos_runs)')).toEqual(['nothing has the label reasons'])
    expect(problemsOf('sum((agentos_runs)')[0]).toMatch(/cannot be read/)
  })

  it('every rule of deploy/prometheus/alerts.yml asks for what is there, and has a runbook', async () => {
    const { groups } = parse(await read('deploy/prometheus/alerts.yml')) as { groups: { rules: Rule[] }[] }
    const rules = groups.flatMap(group => group.rules)
    expect(rules.length).toBeGreaterThan(15)
    expect(rules.flatMap(rule => problemsOf(rule.expr).map(problem => `${rule.alert}: ${problem}`))).toEqual([])
    const headings = [...(await read('docs/monitoring.md')).matchAll(/^### (.+)$/gm)].map(([, heading]) => heading!.toLowerCase())
    for (const { alert, for: duration, labels, annotations } of rules) {
      expect(duration, alert).toMatch(/^\d+[smh]$/)
      expect(['info', 'warning', 'critical'], alert).toContain(labels.severity)
      expect(annotations.runbook, alert).toBe(`docs/monitoring.md#${alert.toLowerCase()}`)
      expect(headings, alert).toContain(alert.toLowerCase())
      // A label in a sentence has to be one that the rule keeps.
      for (const [, label] of annotations.summary.matchAll(/\$labels\.(\w+)/g))
        expect(rules.some(rule => rule.alert === alert && (rule.expr.includes(label!) || !/\b(?:sum|max|min)\b/.test(rule.expr))), `${alert} ${label}`).toBe(true)
    }
  })

  it('every panel of deploy/grafana/agentos.json asks for what is there, by the data source that a person chooses', async () => {
    const dashboard = JSON.parse(await read('deploy/grafana/agentos.json')) as { panels: Panel[], templating: { list: { name: string, type: string }[] } }
    const targets = dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(target => ({ title, ...target })))
    expect(targets.length).toBeGreaterThan(30)
    expect(targets.flatMap(({ title, expr }) => problemsOf(expr).map(problem => `${title}: ${problem}`))).toEqual([])
    for (const { title, expr, legendFormat } of targets) {
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
        expect(expr, `${title}: ${label}`).toMatch(new RegExp(`by \\([^)]*\\b${label}\\b`))
    }
    expect(dashboard.templating.list.map(({ name, type }) => [name, type])).toEqual([['datasource', 'datasource'], ['instance', 'query']])
    expect(JSON.stringify(dashboard).match(/"uid":"(?!\$\{datasource\}|agentos")/)).toBeNull()
  })

  it('docs/monitoring.md has a row for every metric, with its kind, its labels and what it says', async () => {
    const rows = [...(await read('docs/monitoring.md')).matchAll(/^\| `(agentos_\w+)` \| (\w+) \| ([^|]*) \| (.+) \|$/gm)].map(([, name, kind, labels, help]) => ({ name, kind, labels: labels!.split(', ').map(label => label.trim()).filter(Boolean).sort(), help: help!.trim() }))
    const there = [...metrics].filter(([name]) => name.startsWith('agentos_')).map(([name, { kind, labels, help }]) => ({ name, kind, labels: [...labels].sort(), help }))
    const byName = (one: { name?: string | undefined }, other: { name?: string | undefined }) => one.name!.localeCompare(other.name!)
    expect(rows.sort(byName)).toEqual(there.sort(byName))
  })
})
