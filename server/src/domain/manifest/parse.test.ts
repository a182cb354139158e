import fc from 'fast-check'
import { expect, it } from 'vitest'
import { stringify } from 'yaml'
import { DEFAULT_DENY, DEFAULT_LIMITS } from './defaults.ts'
import { manifestKeys } from './keys.ts'
import { parseManifest } from './parse.ts'

function read(source: string) {
  const result = parseManifest(source, { file: 'a.yaml' })
  if (!result.ok)
    throw new Error(JSON.stringify(result.problems))
  return result
}

it('a manifest that says little gets the documented defaults', () => {
  const { manifest, notices } = read('name: hello\nsteps:\n  - run: echo hello\n')
  expect(notices).toEqual([])
  expect(manifest).toEqual({
    name: 'hello',
    description: '',
    runtime: 'script',
    inputs: {},
    model: [],
    cost: 'metered',
    instructions: '',
    temperature: null,
    tools: [],
    mcp: {},
    steps: [{
      name: 'echo hello',
      run: 'echo hello',
      timeoutMs: null,
      retry: { attempts: 1, delayMs: 1000 },
      if: null,
      continueOnError: false,
      idempotent: false,
      secrets: [],
    }],
    agent: null,
    workspace: { from: null, mode: 'copy', keep: 'changed' },
    isolation: null,
    image: null,
    programs: [],
    network: 'none',
    secrets: [],
    limits: DEFAULT_LIMITS,
    commands: { deny: DEFAULT_DENY, ask: [], allow: [] },
    approvals: { shell: null, files: 'auto', fetch: 'ask', mcp: 'ask', agent: 'ask', costUsd: null, expiresMs: 604_800_000 },
    effects: null,
    retry: { attempts: 1, delayMs: 1000, maxDelayMs: 30_000, factor: 2, jitter: true },
    verify: [],
    schedule: null,
    concurrency: null,
    concurrencyPer: { user: null, key: null, keyTemplate: null },
    rate: null,
    priority: 0,
    retentionMs: null,
  })
  expect(DEFAULT_LIMITS).toMatchObject({ timeMs: 1_800_000, steps: 50, memoryBytes: 1_073_741_824, cpu: 1, processes: 64, files: 1024 })
  expect(DEFAULT_LIMITS).toMatchObject({ outputBytes: 10_485_760, diskBytes: 1_073_741_824, tokens: null, costUsd: null })
})

it('every key is read into its unit', () => {
  const { manifest } = read(`
name: full
description: All of it
inputs:
  branch: { type: string, default: main, description: which one }
  deep: { type: boolean, required: true }
model: openai/gpt-5
instructions: Look at {{inputs.branch}} and {{ task }}, not at {{ jinja }}.
tools: [shell, fetch]
mcp:
  files: { program: mcp-filesystem, args: [/workspace] }
  search: { url: https://example.com/mcp, headers: { Authorization: "Bearer \${secrets.KEY}" } }
workspace: { from: "{{inputs.branch}}", mode: mount-read-only, keep: all }
isolation: container
image: debian:12
programs: [node, claude]
network: [example.com, "*.example.org:8443"]
secrets: [KEY]
limits: { time: 1h30m, cpuTime: 10m, steps: 5, memory: 512MiB, cpu: 0.5, processes: 8, files: 64, output: 1MB, disk: 2GB, tokens: 1000, cost: $2.50 }
commands: { deny: [sudo], ask: ["git push **"], allow: [ls] }
approvals: { shell: auto, files: ask, fetch: deny, mcp: auto, agent: deny, cost: $2.50, expires: 2d }
effects: retry
retry: { attempts: 3, delay: 500ms, maxDelay: 1m, factor: 3, jitter: false }
verify:
  - { name: tests, run: npm test, timeout: 5m, retry: { attempts: 2, delay: 2s }, idempotent: true, secrets: [KEY] }
schedule: { cron: "0 9 * * 1-5", timezone: Europe/Berlin, overlap: queue, catchUp: none, catchUpWindow: 2h, task: the usual }
concurrency: { runs: 4, perUser: 2, perKey: 1, key: "{{inputs.branch}}" }
rate: { runs: 10, per: 1h }
priority: 7
retention: 30d
`)
  expect(manifest).toMatchObject({
    runtime: 'llm',
    model: ['openai/gpt-5'],
    inputs: { branch: { type: 'string', required: false, default: 'main' }, deep: { required: true, default: null } },
    mcp: { files: { kind: 'stdio', program: 'mcp-filesystem', args: ['/workspace'] }, search: { kind: 'http', url: 'https://example.com/mcp' } },
    limits: {
      timeMs: 5_400_000,
      cpuTimeMs: 600_000,
      steps: 5,
      memoryBytes: 536_870_912,
      cpu: 0.5,
      processes: 8,
      files: 64,
      outputBytes: 1_000_000,
      diskBytes: 2_000_000_000,
      tokens: 1000,
      costUsd: 2.5,
    },
    approvals: { shell: 'auto', files: 'ask', fetch: 'deny', mcp: 'auto', agent: 'deny', costUsd: 2.5, expiresMs: 172_800_000 },
    retry: { attempts: 3, delayMs: 500, maxDelayMs: 60_000, factor: 3, jitter: false },
    verify: [{ name: 'tests', timeoutMs: 300_000, retry: { attempts: 2, delayMs: 2000 }, if: null, continueOnError: false, idempotent: true, secrets: ['KEY'] }],
    schedule: { cron: '0 9 * * 1-5', everyMs: null, onceAtMs: null, timezone: 'Europe/Berlin', overlap: 'queue', catchUp: 'none', catchUpWindowMs: 7_200_000, task: 'the usual' },
    concurrency: 4,
    concurrencyPer: { user: 2, key: 1, keyTemplate: '{{inputs.branch}}' },
    rate: { runs: 10, perMs: 3_600_000 },
    priority: 7,
    retentionMs: 2_592_000_000,
  })
})

it('the prototype\'s keys are read, and said in today\'s words', () => {
  const { manifest, notices } = read(`
name: old
model_provider: claude
model_version: claude-sonnet-4-5
isolated: true
DESTRUCTIVE_COMMANDS: [rm, dd]
time: 9
mcp: { servers: [{ name: fs, kind: stdio, command: "mcp-filesystem '/my files'" }, { name: web, kind: http, url: https://example.com/mcp }] }
resource_limits: { max_steps: 5, timeout: 300, max_memory_mb: 512, max_cpu_percent: 80 }
retry_config: { max_retries: 3, initial_delay: 1, max_delay: 60, exponential_base: 2, jitter: true }
`)
  expect(manifest).toMatchObject({
    runtime: 'llm',
    model: ['claude/claude-sonnet-4-5'],
    isolation: 'sandbox',
    commands: { deny: ['rm', 'dd'] },
    schedule: { cron: '0 9 * * *', timezone: 'UTC' },
    mcp: { fs: { kind: 'stdio', program: 'mcp-filesystem', args: ['/my files'] }, web: { kind: 'http', url: 'https://example.com/mcp' } },
    limits: { steps: 5, timeMs: 300_000, memoryBytes: 536_870_912, cpu: 0.8 },
    retry: { attempts: 4, delayMs: 1000, maxDelayMs: 60_000, factor: 2, jitter: true },
  })
  expect(notices).toEqual([
    'model_provider and model_version is the prototype\'s word: today it is model: claude/claude-sonnet-4-5',
    'isolated: true is the prototype\'s word: today it is isolation: sandbox',
    'DESTRUCTIVE_COMMANDS is the prototype\'s word: today it is commands.deny',
    'time: 9 is the prototype\'s word: today it is schedule.cron: "0 9 * * *", in UTC unless schedule.timezone says otherwise',
    'resource_limits is the prototype\'s word: today it is limits: { steps: 5, time: 5m, memory: 512MiB, cpu: 0.8 }',
    'retry_config is the prototype\'s word: today it is retry: { attempts: 4, delay: 1s, maxDelay: 1m, factor: 2, jitter: true }',
    'mcp.servers is the prototype\'s word: today it is mcp: { fs: …, web: … }',
  ])
})

it('isolated: false is a process, and repeat counts minutes', () => {
  const { manifest } = read('name: old\nmodel_provider: ollama\nmodel_version: llama3\nisolated: false\nrepeat: 30\n')
  expect(manifest).toMatchObject({ isolation: 'process', schedule: { cron: null, everyMs: 1_800_000 }, model: ['ollama/llama3'] })
})

it('a schedule may have seconds, or be one moment by the clocks of its zone', () => {
  expect(read('name: a\nsteps: [{ run: ls }]\nschedule: { cron: "*/10 * * * * *" }\n').manifest.schedule)
    .toEqual({ cron: '*/10 * * * * *', everyMs: null, onceAtMs: null, timezone: 'UTC', overlap: 'skip', catchUp: 'last', catchUpWindowMs: 86_400_000, task: '' })
  const at = (moment: string) => read(`name: a\nsteps: [{ run: ls }]\nschedule: { at: ${moment}, timezone: Europe/Berlin }\n`).manifest.schedule?.onceAtMs
  expect(at('2026-12-24T18:00')).toBe(Date.parse('2026-12-24T17:00:00Z'))
  expect(at('2026-12-24T18:00:30Z')).toBe(Date.parse('2026-12-24T18:00:30Z'))
  expect(at('"2026-07-24 18:00+09:00"')).toBe(Date.parse('2026-07-24T09:00:00Z'))
})

it('anchors and aliases may be used, and problems behind them are still placed', () => {
  const { manifest } = read('name: a\nsteps:\n  - &one { name: one, run: ls, timeout: &t 5s }\n  - { name: two, run: pwd, timeout: *t }\n')
  expect(manifest.steps.map(step => step.timeoutMs)).toEqual([5000, 5000])
  const faulty = parseManifest('name: a\nsteps:\n  - &one { name: one, run: ls, timeout: &t 5 }\n  - { name: two, run: pwd, timeout: *t }\n', { file: 'a.yaml' })
  expect(faulty).toMatchObject({ ok: false, problems: [{ line: 3, key: 'steps[0].timeout' }, { line: 4, key: 'steps[1].timeout' }] })
})

it('no text makes it throw', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), text => expectProblemsOrManifest(text)), { numRuns: 500 })
})

it('no YAML document makes it throw', () => {
  const keys = manifestKeys().map(key => key.split(/[.[]/)[0] ?? '')
  const value = fc.anything({ maxDepth: 4, withNullPrototype: false, withBigInt: false, withDate: false, key: fc.oneof(fc.constantFrom(...keys), fc.string()) })
  const document = fc.dictionary(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...keys) }, { weight: 1, arbitrary: fc.string() }), value)
  fc.assert(fc.property(document, data => expectProblemsOrManifest(stringify(JSON.parse(JSON.stringify(data))))), { numRuns: 500 })
})

it('no mutilated manifest makes it throw', () => {
  const whole = `name: a
steps:
  - name: one
    run: |
      ls
      pwd
    if: "task != ''"
limits: { time: 5m, memory: 1GiB }
workspace: { from: "{{inputs.p}}" }
inputs: { p: { type: string } }
`
  const cut = fc.tuple(fc.nat(whole.length), fc.nat(40), fc.string({ unit: fc.constantFrom(...' \n\t:-{}[]"\'|>*&!#?%@`,a1'), maxLength: 6 }))
  const mutilate = ([from, length, filling]: [number, number, string]) => whole.slice(0, from) + filling + whole.slice(from + length)
  fc.assert(fc.property(cut, parts => expectProblemsOrManifest(mutilate(parts))), { numRuns: 1000 })
})

function expectProblemsOrManifest(text: string) {
  const result = parseManifest(text, { file: 'a.yaml' })
  if (result.ok) {
    expect(result.manifest.name).toMatch(/^[a-z0-9][a-z0-9_-]{0,62}$/)
    return
  }
  expect(result.problems.length).toBeGreaterThan(0)
  for (const problem of result.problems) {
    expect(problem.line).toBeGreaterThan(0)
    expect(problem.column).toBeGreaterThan(0)
    expect(problem.expected).toMatch(/\S/)
    expect(problem.expected).not.toBe('another value')
    expect(problem.received).toMatch(/\S/)
  }
}
