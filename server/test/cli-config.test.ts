import type { EffectiveValue } from '../src/config/effective.ts'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { effectiveConfig } from '../src/config/effective.ts'
import { environmentSchema } from '../src/config/environment.ts'
import { maskAddress } from '../src/config/masked.ts'
import { agentos } from './cli-harness.ts'
import { temporaryFolder } from './server-harness.ts'

const PASSWORD = 'p,a:ss/w@rd-4711'
const DATABASE_URL = `postgres://agentos:${encodeURIComponent(PASSWORD)}@db.internal:5432/agentos?sslmode=require&sslpassword=${PASSWORD.slice(8)}`

it('says of each value what it is and where it comes from, and of a secret only that it is set', async () => {
  const dataDir = await temporaryFolder()
  const env = { AGENTOS_MAX_AGENTS: '7', OPENAI_API_KEY: 'sk-canary-1234', OPENAI_BASE_URL: 'https://token-canary@proxy.internal/v1', AGENTOS_ENDPOINTS: 'groq=https://api.groq.com/v1', GROQ_API_KEY: 'gsk-canary', DATABASE_URL }
  const { code, stdout } = await agentos(['config', '--json'], dataDir, { env })
  const { ok, problem, values } = JSON.parse(stdout) as { ok: boolean, problem: string | null, values: EffectiveValue[] }
  const of = (name: string) => values.find(value => value.name === name)
  expect({ ok, problem, code }).toEqual({ ok: true, problem: null, code: 0 })
  expect(of('AGENTOS_MAX_AGENTS')).toMatchObject({ value: '7', from: 'environment' })
  expect(of('AGENTOS_LEASE')).toMatchObject({ value: '30s', from: 'default' })
  expect(of('AGENTOS_DATA_DIR')).toMatchObject({ value: dataDir, from: 'environment' })
  expect(of('AGENTOS_SECRET_KEY')).toMatchObject({ value: join(dataDir, 'secret.key'), from: 'data folder', isSecret: true })
  expect(of('OPENAI_API_KEY')).toMatchObject({ value: '[hidden, 14 characters]', isSecret: true })
  expect(of('OPENAI_BASE_URL')!.value).toBe('https://***@proxy.internal/v1')
  expect(of('GROQ_API_KEY')).toMatchObject({ value: '[hidden, 10 characters]', from: 'environment' })
  expect(of('DATABASE_URL')!.value).toBe('postgres://agentos:***@db.internal:5432/agentos?sslmode=require&sslpassword=***')
  expect(of('COHERE_API_KEY')).toMatchObject({ value: null, from: 'default' })
  expect(values.map(({ name }) => name).sort()).toEqual([...Object.keys(environmentSchema.shape), 'GROQ_API_KEY'].sort())
  expect(stdout).not.toMatch(/canary|4711|w@rd/)
})

it('prints a line for each that is set, and exits 1 where a server would not start', async () => {
  const { code, stdout, stderr } = await agentos(['config'], await temporaryFolder(), { env: { AGENTOS_MAX_AGENTS: 'many', AGENTOS_ROLE: 'all' } })
  expect(stdout).toMatch(/^AGENTOS_MAX_AGENTS {19}many {37}environment$/m)
  expect(stdout).toMatch(/^AGENTOS_EXECUTORS {20}1 {40}default$/m)
  expect(stdout).not.toContain('COHERE_API_KEY')
  expect(stdout).toMatch(/\d+ more are not set; --all shows them\n$/)
  expect(stderr).toBe('error AGENTOS_MAX_AGENTS: expected a whole number from 1 to 10000, got "many"\n')
  expect(code).toBe(1)
})

it('the environment goes before the project\'s file, and an empty value counts as not set', async () => {
  const projectDir = await mkdtemp(join(tmpdir(), 'agentos-project-'))
  onTestFinished(() => rm(projectDir, { recursive: true }))
  await writeFile(join(projectDir, 'pnpm-workspace.yaml'), '')
  await writeFile(join(projectDir, '.env'), 'AGENTOS_PORT=4800\nAGENTOS_EXECUTORS=3\nAGENTOS_HOST=\n')
  const { values, file, problem } = effectiveConfig({ AGENTOS_EXECUTORS: '2', HOME: projectDir }, { projectDir })
  const of = (name: string) => values.find(value => value.name === name)
  expect([problem, file]).toEqual([null, join(projectDir, '.env')])
  expect(of('AGENTOS_PORT')).toMatchObject({ value: '4800', from: '.env' })
  expect(of('AGENTOS_EXECUTORS')).toMatchObject({ value: '2', from: 'environment' })
  expect(of('AGENTOS_HOST')).toMatchObject({ value: '127.0.0.1', from: 'default' })
  expect(of('DATABASE_URL')).toMatchObject({ value: `file:${join(projectDir, 'data', 'agentos.db')}`, from: 'default' })
})

it.each([
  ['postgres://user@host/db', 'postgres://user@host/db'],
  [`postgres://user:${encodeURIComponent(PASSWORD)}@h1,h2/db?password=x`, 'postgres://user:***@h1,h2/db?password=***'],
  ['https://user:pass@host/path/', 'https://user:***@host/path/'],
  ['https://host/v1?api_key=x&region=eu', 'https://host/v1?api_key=***&region=eu'],
  ['postgres://user:a b@[bad', '[hidden, 24 characters]'],
  ['file:agentos.db', 'file:agentos.db'],
])('of the address %s it shows %s', (given, shown) => {
  expect(maskAddress(given)).toBe(shown)
})
