/* eslint-disable no-template-curly-in-string -- they are a shell's */
import type { RunEvent } from '../src/domain/event.ts'
import type { TestWorker } from './worker/open-worker.ts'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { formsOf } from '../src/domain/redact/forms.ts'
import { significant } from '../src/domain/redact/significant.ts'
import { createVault } from '../src/secrets/vault.ts'
import { checkDatabase } from './checker.ts'
import { findByCommandLine } from './executor-harness.ts'
import { GATEWAY_KEY, openWorker } from './worker/open-worker.ts'

const TOKEN = 'tk-7Qm2/x+Zr9"b vL4&w\'Kd0=é'
const OTHER = 'other-value-0123456789'
const PEM = `-----BEGIN KEY-----\n${'A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6\n'.repeat(4)}-----END KEY-----`
const SECRETS = { TOKEN, OTHER, PEM }

let worker: TestWorker
beforeAll(async () => {
  worker = await openWorker({ isShared: true })
  for (const [name, value] of Object.entries(SECRETS))
    await worker.vault.set(worker.actor, name, value)
})
afterAll(async () => {
  expect(await checkDatabase(worker.db)).toEqual([])
  expect(traces()).toEqual([])
  await worker.stop()
})

/** Every form of every secret, and of the gateway's key, in the bytes of the database and its write-ahead log. */
function traces(folder = join(worker.base, 'data')): string[] {
  const files = readdirSync(folder).filter(name => name.startsWith('agentos.db'))
  expect(files).toContain('agentos.db-wal')
  const bytes = files.map(name => readFileSync(join(folder, name), 'latin1')).join('\n')
  // A log keeps line breaks and colours as JSON does.
  const text = significant(bytes.replaceAll('\\n', '\n').replaceAll('\\r', '\r').replaceAll('\\u001b', '\x1B'))
  return [...Object.values(SECRETS), GATEWAY_KEY].flatMap(formsOf)
    .map(form => Buffer.from(form).toString('latin1'))
    .filter(form => text.includes(form) || bytes.includes(form))
}

async function perform(...asked: Parameters<TestWorker['run']>) {
  const { id } = await worker.run(...asked)
  const events = await worker.ended(id)
  return { events, run: await worker.view(id) }
}

function output(events: RunEvent[], step?: number): string {
  return events.flatMap(({ type, data }) => type === 'step.output' && (step === undefined || data.step === step) ? data.text : []).join('')
}

const steps = (...list: { run: string, secrets?: string[] }[]) => `secrets: [TOKEN, OTHER, PEM]\nsteps: ${JSON.stringify(list)}`

it('a step has the secrets that it names and no others, and only while it runs', async () => {
  const { events, run } = await perform(steps(
    { run: 'echo "${TOKEN-none} ${OTHER-none}"' },
    { run: 'printf %s "$TOKEN" | wc -c; echo "${OTHER-none}"', secrets: ['TOKEN'] },
    { run: 'echo "${TOKEN-none} ${OTHER-none}"; env' },
  ))
  expect(run).toMatchObject({ status: 'succeeded' })
  expect(output(events, 1)).toBe('none none\n')
  expect(output(events, 2)).toMatch(new RegExp(`^ *${Buffer.byteLength(TOKEN)}\nnone\n$`))
  expect(output(events, 3)).toMatch(/^none none\n/)
})

it('a value is what was stored, to the last byte', async () => {
  const { events } = await perform(steps({ run: 'printf %s "$PEM" | sha256sum; printf %s "$TOKEN" | sha256sum', secrets: ['PEM', 'TOKEN'] }))
  const digests = [PEM, TOKEN].map(value => `${createHash('sha256').update(value).digest('hex')}  -\n`)
  expect(output(events)).toBe(digests.join(''))
})

it('what a verifying command needs, it gets', async () => {
  const { run } = await perform('secrets: [OTHER]\nsteps: [{ run: test -z "$OTHER" }]\nverify:\n  - run: test "${OTHER#other-}" = value-0123456789\n    secrets: [OTHER]')
  expect(run).toMatchObject({ status: 'succeeded' })
})

it.each([
  ['as it is', 'echo "$TOKEN"'],
  ['in pieces, with pauses', 'printf %s "$TOKEN" | cut -c1-9 | tr -d "\\n"; sleep 0.6; printf %s "$TOKEN" | cut -c10-; sleep 0.1'],
  ['a character at a time', 'printf %s "$OTHER" | sed "s/./&\\n/g" | while read -r c; do printf %s "$c"; sleep 0.02; done'],
  ['in base64', 'printf %s "$TOKEN" | base64'],
  ['in base64 behind a name, wrapped', 'printf "user:%s" "$TOKEN" | base64 -w 10; printf %s "$PEM" | base64 | fold -w 33'],
  ['in hex', 'printf %s "$TOKEN" | od -An -v -tx1; printf %s "$OTHER" | od -An -v -tx1 | tr -d " \\n"'],
  ['percent-encoded', 'printf %s "$OTHER" | od -An -v -tx1 | tr -d "\\n" | tr " " "%"'],
  ['in colours', 'printf %s "$OTHER" | sed "s/./$(printf "\\033")[1m&/g"'],
  ['on both streams', 'echo "$TOKEN" >&2; echo "$OTHER"'],
  ['as a trace of the shell', 'set -x; echo "$TOKEN" >/dev/null'],
  ['in the name of a command that is not there', '"$OTHER"'],
  ['of many lines', 'echo "$PEM"; echo "$PEM" | sed -n 3p'],
  ['at the very end of a step', 'printf %s "$TOKEN"'],
])('a secret that is printed %s leaves no trace', async (_, run) => {
  const { events } = await perform(steps({ run, secrets: ['TOKEN', 'OTHER', 'PEM'] }))
  expect(output(events)).toMatch(/\[secret \w+\]/)
  expect(traces()).toEqual([])
})

it('output stands before the end of its step, and what is no secret is whole', async () => {
  const { events } = await perform(steps({ run: 'printf "tk-7Qm2/x"; exit 3', secrets: ['TOKEN'] }))
  expect(events.map(({ type }) => type).filter(type => type.startsWith('step.'))).toEqual(['step.started', 'step.output', 'step.finished'])
  expect(output(events)).toBe('tk-7Qm2/x')
})

it('a prompt is seen while its program waits', async () => {
  const { id } = await worker.run(steps({ run: 'printf "continue? o"; sleep 30', secrets: ['OTHER'] }))
  const seen = await worker.eventsUntil(id, ({ type, data }) => type === 'step.output' && (data as { text: string }).text.endsWith('o'))
  await worker.stopRun(id)
  await worker.ended(id)
  expect(output(seen)).toBe('continue? o')
})

it('no command line of the machine holds a value while its step runs', async () => {
  const { id } = await worker.run(steps({ run: 'echo begun; sleep 2', secrets: ['OTHER'] }))
  await worker.eventsUntil(id, ({ type }) => type === 'step.output')
  expect(findByCommandLine('begun; sleep 2').length).toBeGreaterThan(0)
  expect(findByCommandLine(OTHER)).toEqual([])
  await worker.ended(id)
})

it.each(['sandbox', 'process'] as const)('at level %s, what one step leaves running finds nothing of another\'s secrets', async (isolation) => {
  if (!worker.worker.sandbox().levels.find(({ level }) => level === isolation)?.proven)
    throw new Error(`this machine has no level ${isolation}: nothing was tested`)
  const spy = 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do for f in /proc/[0-9]*/environ; do tr "\\0" "\\n" <$f | grep -a ^OTHER= | sha256sum; done; sleep 0.1; done'
  const { events, run } = await perform(`isolation: ${isolation}\n${steps(
    { run: `(${spy}) >spied 2>/dev/null & while [ ! -e spied ]; do sleep 0.01; done; echo started` },
    { run: '(sleep 5) & sleep 0.4', secrets: ['OTHER'] },
    { run: 'tr "\\0" "\\n" </proc/self/environ | grep -c ^OTHER=; cat /proc/[0-9]*/environ 2>/dev/null | grep -ac OTHER=; grep -v e3b0c44298fc1c14 spied; true' },
  )}`)
  expect(run).toMatchObject({ status: 'succeeded' })
  expect(output(events, 3)).toBe('0\n0\n')
})

it('nothing of the server\'s environment and files is there for a run', async () => {
  process.env.CANARY_OF_THE_SERVER = 'canary-4711-in-the-environment'
  onTestFinished(() => void delete process.env.CANARY_OF_THE_SERVER)
  const { events } = await perform(`retry: { attempts: 1 }\n${steps({ run: 'env; cat /proc/*/environ 2>/dev/null | tr "\\0" "\\n"; find / -name "agentos.db*" 2>/dev/null; true' })}`)
  expect(output(events)).toContain('AGENTOS_TASK')
  expect(output(events)).not.toMatch(/canary|agentos\.db|kkkkkkkk/)
})

it('a model\'s shell gets no secret, and what it reads of one never reaches the provider', async () => {
  const shell = (command: string) => ({ call: [{ tool: 'shell', input: { command } }] })
  const own = await openWorker({ turns: [shell('echo "${OTHER-none}"; cat note; base64 note'), { say: `the key is ${OTHER}, I was told` }] })
  await own.vault.set(own.actor, 'OTHER', OTHER)
  writeFileSync(join(own.root, 'repo', 'note'), OTHER)
  const { id } = await own.run('model: openai/scripted\ntools: [shell]\nsecrets: [OTHER]\napprovals: { shell: auto }', { workspace: join(own.root, 'repo') })
  const events = await own.ended(id)
  const sent = JSON.stringify(own.scripted.requests.map(({ body }) => body))
  expect(sent).toContain('none\\n[secret OTHER]')
  for (const form of formsOf(OTHER)) {
    expect(sent).not.toContain(form)
    expect(JSON.stringify(events)).not.toContain(form)
  }
  expect(JSON.stringify(events)).toContain('the key is [secret OTHER], I was told')
})

it('a run whose secret is not stored is refused before it starts, with what to do', async () => {
  const { events, run } = await perform('secrets: [NOT_THERE]\nsteps: [{ run: echo never, secrets: [NOT_THERE] }]')
  expect(run).toMatchObject({ status: 'failed', reason: 'refused', detail: expect.stringContaining('agentos secret set NOT_THERE') })
  expect(events.map(({ type }) => type)).toEqual(['run.submitted', 'attempt.started', 'run.ended'])
})

it('a secret that was sealed under another key refuses the run and names it', async () => {
  await createVault({ db: worker.db, secretKey: 'x'.repeat(43) }).set(worker.actor, 'FOREIGN', 'sealed by somebody else')
  const { run } = await perform('secrets: [FOREIGN]\nsteps: [{ run: echo never, secrets: [FOREIGN] }]')
  expect(run).toMatchObject({ reason: 'refused', detail: expect.stringMatching(/The secret FOREIGN cannot be opened with this AGENTOS_SECRET_KEY/) })
})
