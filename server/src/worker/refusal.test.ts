import type { IsolationLevel } from '../domain/run.ts'
import type { SandboxStatus } from '../domain/views/system.ts'
import { expect, it } from 'vitest'
import { NO_MODELS } from '../../test/worker/no-models.ts'
import { UNKEPT } from '../domain/limits.ts'
import { parseManifest } from '../domain/manifest/parse.ts'
import { createGateway } from '../models/gateway.ts'
import { createRefusals } from './refusal.ts'

const proven = (level: IsolationLevel) => ({ level, proven: true, by: 'test', missing: null, keepers: UNKEPT })
const SANDBOXED: SandboxStatus = { default: 'sandbox', levels: [proven('none'), proven('process'), proven('sandbox')] }
const BARE: SandboxStatus = {
  default: 'process',
  levels: [proven('none'), proven('process'), { level: 'sandbox', proven: false, by: null, missing: 'install bubblewrap', keepers: UNKEPT }],
}

function refuse(source: string, o: { sandbox?: SandboxStatus, baseUrl?: string, isolation?: 'process' | 'sandbox' | 'container' } = {}): string | null {
  const parsed = parseManifest(`name: test\n${source}\n`, { file: 'test.yaml' })
  if (!parsed.ok)
    throw new Error(JSON.stringify(parsed.problems))
  const gateway = createGateway({ ...NO_MODELS, openai: { apiKey: null, baseUrl: o.baseUrl ?? null, speaks: null } })
  return createRefusals({ gateway, sandbox: () => o.sandbox ?? SANDBOXED, programsDir: '/nowhere' })(parsed.manifest, { isolation: o.isolation ?? null })
}

const SCRIPT = 'steps:\n  - run: ls'
const LLM = 'model: openai/gpt-5\ninstructions: be brief'
const ENDPOINT = { baseUrl: 'http://127.0.0.1:8000/v1' }

it('a script needs no model', () => {
  expect(refuse(SCRIPT)).toBeNull()
})

it('without any model, it says what to paste', () => {
  expect(refuse(LLM)).toContain('OPENAI_API_KEY=')
  expect(refuse(LLM, ENDPOINT)).toBeNull()
})

it('a model whose price nobody knows is refused before it runs, unless the manifest says cost: unmetered', () => {
  expect(refuse('model: [openai/gpt-5, github/some-model]', ENDPOINT)).toMatch(/price of github\/some-model is not known/)
  expect(refuse('model: [openai/gpt-5, github/some-model]\ncost: unmetered', ENDPOINT)).toBeNull()
  expect(refuse(`runtime: script\n${SCRIPT}\nmodel: [openai/*, github/some-model]`, ENDPOINT)).toMatch(/price of github\/some-model is not known/)
  expect(refuse(`runtime: script\n${SCRIPT}\nmodel: [openai/*, github/*]`, ENDPOINT)).toBeNull()
})

it('one model that can be called is enough, and what to set is said when it is none', () => {
  expect(refuse('model: [claude/claude-sonnet-4-5, openai/gpt-5]', ENDPOINT)).toBeNull()
  expect(refuse('model: claude/claude-sonnet-4-5', ENDPOINT)).toMatch(/^Claude has no key: set ANTHROPIC_API_KEY/)
})

it('a level that was asked for and is not there is refused with what to install', () => {
  expect(refuse(`${SCRIPT}\nisolation: sandbox`, { sandbox: BARE })).toContain('install bubblewrap')
  expect(refuse(SCRIPT, { sandbox: BARE, isolation: 'sandbox' })).toContain('install bubblewrap')
  expect(refuse(SCRIPT, { sandbox: BARE })).toBeNull()
  expect(refuse(SCRIPT, { isolation: 'container' })).toContain('container')
})

it('a container needs an image, and has no network yet', () => {
  const sandbox: SandboxStatus = { default: 'sandbox', levels: [...SANDBOXED.levels, proven('container')] }
  expect(refuse(`${SCRIPT}\nisolation: container\nimage: debian:12`, { sandbox })).toBeNull()
  expect(refuse(SCRIPT, { sandbox, isolation: 'container' })).toContain('image:')
  expect(refuse(`${SCRIPT}\nisolation: container\nimage: debian:12\nnetwork: open`, { sandbox })).toContain('leave network and model out')
  expect(refuse(`runtime: script\n${SCRIPT}\nisolation: container\nimage: debian:12\nmodel: openai/gpt-5`, { ...ENDPOINT, sandbox })).toContain('leave network and model out')
  expect(refuse(`${SCRIPT}\nisolation: container\nimage: debian:12`)).toContain('cannot be had')
})

it('a model\'s shell outside a sandbox is no reason to refuse: a person is asked when it comes to it', () => {
  expect(refuse(LLM, { ...ENDPOINT, sandbox: BARE })).toBeNull()
  expect(refuse(LLM, { ...ENDPOINT, isolation: 'process' })).toBeNull()
})

it('a key that does not act yet refuses', () => {
  expect(refuse(`runtime: script\napprovals: { cost: $1 }\n${SCRIPT}`)).toContain('approvals.cost')
})

it('a script that names models needs one that its programs can call', () => {
  const script = (models: string) => `runtime: script\nmodel: ${models}\n${SCRIPT}`
  expect(refuse(script('openai/gpt-5'), ENDPOINT)).toBeNull()
  expect(refuse(script('[claude/*, openai/gpt-5]'), ENDPOINT)).toBeNull()
  expect(refuse(script('claude/*'))).toContain('ANTHROPIC_API_KEY=')
  expect(refuse(script('claude/*'), ENDPOINT)).toMatch(/^Claude has no key: set ANTHROPIC_API_KEY/)
  expect(refuse(script('cohere/command-r'), ENDPOINT)).toContain('Expected openai/…, github/…, ollama/…, claude/…, gemini/…')
})

it('a program that is not installed is named, with where and how', () => {
  expect(refuse('programs: [node, claude]\nsteps: [{ run: ls }]')).toMatch(/needs claude .*not installed in \/nowhere.*npm install --prefix \/nowhere/)
  expect(refuse('programs: [node]\nsteps: [{ run: ls }]')).toBeNull()
})

it('a list of hosts is refused where nothing can hold a run to it', () => {
  expect(refuse('network: [example.com]\nsteps: [{ run: ls }]')).toBeNull()
  expect(refuse('network: [example.com]\nsteps: [{ run: ls }]', { isolation: 'process' })).toMatch(/which level process cannot hold/)
})
