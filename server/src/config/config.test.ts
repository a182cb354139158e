import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, describe, expect, it } from 'vitest'
import { ConfigError } from './config-error.ts'
import { loadConfig } from './config.ts'

const room = mkdtempSync(join(tmpdir(), 'agentos-config-'))
const repository = project('repository', { 'pnpm-workspace.yaml': '' })
const installed = project('installed', {})
afterAll(() => rmSync(room, { recursive: true }))

describe('what is not set', () => {
  it('has the documented defaults', () => {
    expect(loadConfig({}, { projectDir: repository })).toMatchObject({
      port: 4700,
      host: '127.0.0.1',
      publicUrl: null,
      role: 'all',
      logLevel: 'info',
      executors: 1,
      commandTimeoutMs: 600_000,
      secretKey: null,
      backups: null,
      approvalWebhook: null,
      metricsToken: null,
      models: {
        openai: { apiKey: null, baseUrl: null, speaks: null },
        github: { apiKey: null, baseUrl: null },
        claude: { apiKey: null, baseUrl: null },
        gemini: { apiKey: null, baseUrl: null },
        cohere: { apiKey: null, baseUrl: null },
        ollama: { url: null },
        endpoints: [],
        prices: null,
      },
    })
  })

  it('counts an empty value as not set', () => {
    expect(loadConfig({ AGENTOS_PORT: '', AGENTOS_SECRET_KEY: ' ' }, { projectDir: repository })).toMatchObject({ port: 4700, secretKey: null })
  })

  it('keeps data in the project when it runs from the repository, wherever the command is given', () => {
    expect(loadConfig({}, { projectDir: repository }).dataDir).toBe(join(repository, 'data'))
  })

  it.runIf(process.platform === 'linux')('is read from the user\'s data folder when it is installed, never from the package', () => {
    mkdirSync(join(room, 'xdg/agentos'), { recursive: true })
    writeFileSync(join(room, 'xdg/agentos/.env'), 'AGENTOS_PORT=5001\n')
    const packaged = project('packaged', { '.env': 'AGENTOS_PORT=5002\n' })
    expect(loadConfig({ XDG_DATA_HOME: join(room, 'xdg') }, { projectDir: packaged })).toMatchObject({ port: 5001, settingsFile: join(room, 'xdg/agentos/.env') })
  })

  it.runIf(process.platform === 'linux')('keeps data in the user\'s data folder when it is installed', () => {
    expect(loadConfig({ XDG_DATA_HOME: '/xdg' }, { projectDir: installed }).dataDir).toBe('/xdg/agentos')
    expect(loadConfig({}, { projectDir: installed }).dataDir).toBe(join(homedir(), '.local/share/agentos'))
  })

  it('puts the SQLite database into the data folder', () => {
    expect(loadConfig({ AGENTOS_DATA_DIR: '/somewhere' }, { projectDir: repository }).databaseUrl).toBe('file:/somewhere/agentos.db')
  })

  it('keeps seven backups beside the data once they are asked for', () => {
    expect(loadConfig({ AGENTOS_DATA_DIR: '/somewhere', AGENTOS_BACKUP_EVERY: '6h' }, { projectDir: repository }).backups)
      .toEqual({ everyMs: 21_600_000, folder: '/somewhere/backups', keep: 7 })
    expect(() => loadConfig({ AGENTOS_BACKUP_EVERY: '5m' }, { projectDir: repository })).toThrow(/AGENTOS_BACKUP_EVERY: expected a duration such as 6h or 1d, from 10m to 30d/)
    expect(() => loadConfig({ AGENTOS_BACKUP_EVERY: '1d', AGENTOS_BACKUP_DIR: 'backups' }, { projectDir: installed })).toThrow(/expected an absolute path/)
  })

  it('lets workspaces come from the folder where the person stood', () => {
    expect(loadConfig({}, { projectDir: repository }).workspaceRoots).toEqual([process.cwd()])
    expect(loadConfig({ INIT_CWD: room }, { projectDir: repository }).workspaceRoots).toEqual([room])
  })

  it('opens no folder at all when it was started in the root of the file system', () => {
    expect(loadConfig({ INIT_CWD: '/' }, { projectDir: repository }).workspaceRoots).toEqual([])
  })
})

describe('what is set', () => {
  it.each([
    ['AGENTOS_PORT', '0', { port: 0 }],
    ['AGENTOS_HOST', '::1', { host: '::1' }],
    ['AGENTOS_PUBLIC_URL', 'https://agents.example.com/', { publicUrl: 'https://agents.example.com' }],
    ['AGENTOS_PUBLIC_URL', 'http://box.lan', { trustedProxies: ['127.0.0.0/8', '::1'] }],
    ['AGENTOS_TRUSTED_PROXIES', '10.1.2.3, fd00::/8', { trustedProxies: ['10.1.2.3', 'fd00::/8'] }],
    ['AGENTOS_TRUSTED_PROXIES', 'none', { trustedProxies: [] }],
    ['AGENTOS_DATA_DIR', 'elsewhere', { dataDir: join(repository, 'elsewhere') }],
    ['AGENTOS_DATA_DIR', '~/agents', { dataDir: join(homedir(), 'agents') }],
    ['DATABASE_URL', 'file:other.db', { databaseUrl: `file:${join(repository, 'data/other.db')}` }],
    ['DATABASE_URL', 'file:///srv/a%20b.db', { databaseUrl: 'file:/srv/a b.db' }],
    ['DATABASE_URL', 'postgres://user:pw@host/agentos', { databaseUrl: 'postgres://user:pw@host/agentos' }],
    ['AGENTOS_COMMAND_TIMEOUT', '90s', { commandTimeoutMs: 90_000 }],
    ['AGENTOS_COMMAND_TIMEOUT', '5m', { commandTimeoutMs: 300_000 }],
    ['AGENTOS_COMMAND_TIMEOUT', '45', { commandTimeoutMs: 45_000 }],
    ['AGENTOS_MAX_STEPS', '7', { maxSteps: 7 }],
    ['AGENTOS_MAX_AGENTS', '3', { maxAgents: 3 }],
    ['AGENTOS_LEASE', '2s', { leaseMs: 2_000 }],
    ['AGENTOS_LEASE', '10m', { leaseMs: 600_000 }],
    ['AGENTOS_EXECUTORS', '2', { executors: 2 }],
    ['AGENTOS_WORKSPACE_ROOTS', room, { workspaceRoots: [room] }],
    ['AGENTOS_WORKSPACE_ROOTS', 'none', { workspaceRoots: [] }],
    ['OPENAI_BASE_URL', 'http://127.0.0.1:8080/v1/', { models: { openai: { baseUrl: 'http://127.0.0.1:8080/v1' } } }],
    ['OPENAI_API', 'responses', { models: { openai: { speaks: 'responses' } } }],
    ['GIT_HUB_TOKEN', 'one', { models: { github: { apiKey: 'one' } } }],
    ['GITHUB_TOKEN', 'two', { models: { github: { apiKey: 'two' } } }],
    ['CLAUDE_API_KEY', 'one', { models: { claude: { apiKey: 'one' } } }],
    ['ANTHROPIC_API_KEY', 'two', { models: { claude: { apiKey: 'two' } } }],
    ['ANTHROPIC_BASE_URL', 'http://127.0.0.1:9/', { models: { claude: { baseUrl: 'http://127.0.0.1:9' } } }],
    ['GEMINI_API_KEY', 'one', { models: { gemini: { apiKey: 'one' } } }],
    ['GOOGLE_API_KEY', 'two', { models: { gemini: { apiKey: 'two' } } }],
    ['GEMINI_BASE_URL', 'http://127.0.0.1:9', { models: { gemini: { baseUrl: 'http://127.0.0.1:9' } } }],
    ['GOOGLE_GEMINI_BASE_URL', 'http://127.0.0.1:9', { models: { gemini: { baseUrl: 'http://127.0.0.1:9' } } }],
    ['COHERE_API_KEY', 'one', { models: { cohere: { apiKey: 'one' } } }],
    ['CO_API_KEY', 'two', { models: { cohere: { apiKey: 'two' } } }],
    ['COHERE_BASE_URL', 'http://127.0.0.1:9/', { models: { cohere: { baseUrl: 'http://127.0.0.1:9' } } }],
    ['GITHUB_MODELS_URL', 'http://127.0.0.1:9', { models: { github: { baseUrl: 'http://127.0.0.1:9' } } }],
    ['AGENTOS_ENDPOINTS', 'groq=https://api.groq.com/openai/v1/, my-box=http://127.0.0.1:8000/v1', { models: { endpoints: [{ name: 'groq', baseUrl: 'https://api.groq.com/openai/v1', apiKey: null }, { name: 'my-box', baseUrl: 'http://127.0.0.1:8000/v1', apiKey: null }] } }],
    ['OLLAMA_HOST', '0.0.0.0', { models: { ollama: { url: 'http://127.0.0.1:11434' } } }],
    ['OLLAMA_HOST', 'http://models:8000', { models: { ollama: { url: 'http://models:8000' } } }],
  ])('%s=%s is read', (name, value, expected) => {
    expect(loadConfig({ [name]: value }, { projectDir: repository })).toMatchObject(expected)
  })

  it('an endpoint has the key that is called as it is', () => {
    const env = { AGENTOS_ENDPOINTS: 'groq=https://x,my-box=http://y', GROQ_API_KEY: 'one', MY_BOX_API_KEY: 'two' }
    expect(loadConfig(env, { projectDir: repository }).models.endpoints.map(({ apiKey }) => apiKey)).toEqual(['one', 'two'])
    expect(failure(() => loadConfig({ ...env, GROQ_API_KEY: 'a hunter2' }, { projectDir: repository })).message).toMatch(/^GROQ_API_KEY: expected a key(?!.*hunter2)/)
  })

  it('prices are read from a file of one\'s own, and one that is wrong is named with its mistake', () => {
    const projectDir = project('with-prices', { 'pnpm-workspace.yaml': '', 'ours.yaml': 'version: ours\nmodels: { local/*: { input: 0, output: 0 } }\n', 'wrong.json': '{ "version": "x", "models": { "a/b": { "input": "free" } } }' })
    expect(loadConfig({ AGENTOS_PRICES: 'ours.yaml' }, { projectDir }).models.prices).toMatchObject({ version: 'ours', models: { 'local/*': { input: 0, above: null } } })
    expect(failure(() => loadConfig({ AGENTOS_PRICES: 'wrong.json' }, { projectDir })).message).toMatch(/^AGENTOS_PRICES: .*wrong\.json: expected a number of US dollars.*at models → a\/b → input$/)
  })

  it('is read from the project\'s .env, over which the environment wins', () => {
    const projectDir = project('with-env', { 'pnpm-workspace.yaml': '', '.env': 'AGENTOS_PORT=5000\nAGENTOS_MAX_AGENTS="4" # four\n' })
    expect(loadConfig({ AGENTOS_PORT: '6000' }, { projectDir })).toMatchObject({ port: 6000, maxAgents: 4 })
  })
})

describe('a wrong value', () => {
  it.each([
    ['AGENTOS_PORT', 'abc'],
    ['AGENTOS_PORT', '65536'],
    ['AGENTOS_PORT', '-1'],
    ['AGENTOS_PORT', '80.5'],
    ['AGENTOS_HOST', 'http://localhost'],
    ['AGENTOS_HOST', 'localhost:4700'],
    ['AGENTOS_PUBLIC_URL', 'agents.example.com'],
    ['AGENTOS_PUBLIC_URL', 'https://example.com/agents'],
    ['AGENTOS_PUBLIC_URL', 'ftp://example.com'],
    ['DATABASE_URL', 'mysql://host/agentos'],
    ['DATABASE_URL', 'file:'],
    ['DATABASE_URL', 'file::memory:'],
    ['DATABASE_URL', 'file:a.db?mode=ro'],
    ['DATABASE_URL', 'file://other-host/a.db'],
    ['AGENTOS_ROLE', 'boss'],
    ['AGENTOS_ROLE', 'worker'],
    ['AGENTOS_SECRET_KEY', 'short'],
    ['AGENTOS_LOG_LEVEL', 'loud'],
    ['AGENTOS_MAX_AGENTS', '0'],
    ['AGENTOS_MAX_AGENTS', 'many'],
    ['AGENTOS_COMMAND_TIMEOUT', 'soon'],
    ['AGENTOS_COMMAND_TIMEOUT', '0'],
    ['AGENTOS_COMMAND_TIMEOUT', '-5'],
    ['AGENTOS_COMMAND_TIMEOUT', '60d'],
    ['AGENTOS_MAX_STEPS', '0'],
    ['AGENTOS_MAX_STEPS', '1e3'],
    ['AGENTOS_LEASE', '1s'],
    ['AGENTOS_LEASE', '11m'],
    ['AGENTOS_EXECUTORS', '0'],
    ['AGENTOS_EXECUTORS', '65'],
    ['AGENTOS_WORKSPACE_ROOTS', 'relative/folder'],
    ['AGENTOS_WORKSPACE_ROOTS', '/does/not/exist'],
    ['AGENTOS_METRICS_TOKEN', 'short'],
    ['OPENAI_API_KEY', 'a key'],
    ['OPENAI_BASE_URL', 'api.example.com'],
    ['OPENAI_API', 'soap'],
    ['CLAUDE_API_KEY', 'a b'],
    ['ANTHROPIC_BASE_URL', 'api.example.com'],
    ['GEMINI_API_KEY', 'a b'],
    ['GIT_HUB_TOKEN', 'a b'],
    ['GITHUB_TOKEN', 'a b'],
    ['OLLAMA_HOST', 'http://'],
    ['COHERE_API_KEY', 'a b'],
    ['COHERE_BASE_URL', 'nowhere'],
    ['AGENTOS_ENDPOINTS', 'https://api.groq.com'],
    ['AGENTOS_ENDPOINTS', 'openai=https://api.groq.com'],
    ['AGENTOS_ENDPOINTS', 'a=http://x,a=http://y'],
    ['AGENTOS_ENDPOINTS', 'a=ftp://x'],
    ['AGENTOS_PRICES', '/does/not/exist'],
  ])('%s=%s stops the start with one line that names it', (name, value) => {
    const error = failure(() => loadConfig({ [name]: value }, { projectDir: repository }))
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toMatch(new RegExp(`^${name}: expected [^\\n]+$`))
  })

  it('says what came', () => {
    expect(failure(() => loadConfig({ AGENTOS_PORT: 'abc' }, { projectDir: repository })).message)
      .toBe('AGENTOS_PORT: expected a port from 1 to 65535, or 0 for any free one, got "abc"')
  })

  it('does not show a secret', () => {
    expect(failure(() => loadConfig({ AGENTOS_SECRET_KEY: 'hunter2' }, { projectDir: repository })).message).not.toContain('hunter2')
    expect(failure(() => loadConfig({ DATABASE_URL: 'mysql://root:hunter2@host/x' }, { projectDir: repository })).message).not.toContain('hunter2')
  })

  it('lets servers and workers be apart on PostgreSQL alone', () => {
    expect(failure(() => loadConfig({ AGENTOS_ROLE: 'server' }, { projectDir: repository })).message).toContain('one process alone writes a SQLite database')
    for (const AGENTOS_ROLE of ['server', 'worker'])
      expect(loadConfig({ AGENTOS_ROLE, DATABASE_URL: 'postgres://host/agentos' }, { projectDir: repository }).role).toBe(AGENTOS_ROLE)
  })

  it('gives a worker any free port, because it may stand beside a server', () => {
    const DATABASE_URL = 'postgres://host/agentos'
    expect(loadConfig({ AGENTOS_ROLE: 'worker', DATABASE_URL }, { projectDir: repository }).port).toBe(0)
    expect(loadConfig({ AGENTOS_ROLE: 'worker', AGENTOS_PORT: '4801', DATABASE_URL }, { projectDir: repository }).port).toBe(4801)
    expect(loadConfig({ AGENTOS_ROLE: 'server', DATABASE_URL }, { projectDir: repository }).port).toBe(4700)
  })

  it('may not be a data folder by the current folder, when there is no project', () => {
    expect(failure(() => loadConfig({ AGENTOS_DATA_DIR: 'data' }, { projectDir: installed })).message).toMatch(/^AGENTOS_DATA_DIR: expected an absolute path, got "data"$/)
    expect(failure(() => loadConfig({ AGENTOS_PRICES: 'ours.yaml' }, { projectDir: installed })).message).toBe('AGENTOS_PRICES: expected an absolute path, got "ours.yaml"')
  })
})

it('cannot be changed once it is read', () => {
  const config = loadConfig({}, { projectDir: repository })
  expect(Object.isFrozen(config) && Object.isFrozen(config.models.openai) && Object.isFrozen(config.workspaceRoots)).toBe(true)
})

function project(name: string, files: Record<string, string>): string {
  const folder = join(room, name)
  mkdirSync(folder)
  for (const [file, text] of Object.entries(files))
    writeFileSync(join(folder, file), text)
  return folder
}

function failure(work: () => unknown): Error {
  try {
    work()
  }
  catch (error) {
    return error as Error
  }
  throw new Error('expected it to fail')
}
