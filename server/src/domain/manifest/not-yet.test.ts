import type { KeyEffect } from './key-effects.ts'
import { expect, it } from 'vitest'
import { KEY_EFFECTS } from './key-effects.ts'
import { manifestKeys } from './keys.ts'
import { notYet } from './not-yet.ts'
import { parseManifest } from './parse.ts'

const SCRIPT = 'name: a\nsteps: [{ run: ls }]\n'
const LLM = 'name: a\nmodel: openai/gpt-5\n'

/** For each key that refuses: a manifest that is refused because of it. */
const REFUSED: Record<string, string> = {
  'runtime': 'name: a\nruntime: acp\nagent: { command: x }\n',
  'tools': `${LLM}tools: [fetch]\n`,
  'mcp': `${LLM}mcp: { x: { program: y } }\n`,
  'workspace.from': `${SCRIPT}workspace: { from: "https://example.com/x.git" }\n`,
  'isolation': `${SCRIPT}isolation: container\nimage: debian\nnetwork: open\n`,
  'limits.tokens': `${LLM}limits: { tokens: 5 }\n`,
  'limits.cost': `${LLM}limits: { cost: $1 }\n`,
  'approvals.shell': `${LLM}approvals: { shell: ask }\n`,
}

/** For each key that is kept: a manifest that has it. */
const KEPT: Record<string, string> = {
  'agent.parse': 'name: a\nruntime: command\nagent: { command: x, parse: claude-stream-json }\n',
  'workspace.keep': `${SCRIPT}workspace: { keep: all }\n`,
  'approvals.fetch': `${SCRIPT}approvals: { fetch: ask }\n`,
  'approvals.mcp': `${SCRIPT}approvals: { mcp: ask }\n`,
  'approvals.expires': `${SCRIPT}approvals: { expires: 1d }\n`,
}

function keysThat(now: KeyEffect['now']): string[] {
  return Object.keys(KEY_EFFECTS).filter(key => KEY_EFFECTS[key]?.now === now).sort()
}

function read(source: string) {
  const result = parseManifest(source, { file: 'a.yaml' })
  if (!result.ok)
    throw new Error(JSON.stringify(result.problems))
  return result
}

it('the table says of every key of the schema what it does today', () => {
  expect(Object.keys(KEY_EFFECTS).sort()).toEqual(manifestKeys().sort())
})

it('every key that would be unsafe to ignore refuses the run and says what to do', () => {
  expect(Object.keys(REFUSED).sort()).toEqual(keysThat('refuse'))
  for (const [key, source] of Object.entries(REFUSED)) {
    const effect = KEY_EFFECTS[key]
    const { manifest } = read(source)
    expect(effect?.now === 'refuse' && effect.when(manifest), key).toBe(true)
    expect(notYet(manifest), key).toMatch(/does not act yet.*: /)
  }
})

it('every key that is kept and does not act says so', () => {
  expect(Object.keys(KEPT).sort()).toEqual(keysThat('notice'))
  for (const [key, source] of Object.entries(KEPT)) {
    const { manifest, notices } = read(source)
    expect(notices.join('\n')).toMatch(new RegExp(`^${key.replace(/[[\].]/g, '\\$&')} is kept`, 'm'))
    expect(notYet(manifest), key).toBeNull()
  }
})

it('every key that the prototype had becomes a key of today', () => {
  for (const effect of Object.values(KEY_EFFECTS)) {
    if (effect.now === 'renamed')
      expect(manifestKeys()).toContain(effect.to)
  }
})

it('keys that act refuse nothing', () => {
  expect(notYet(read(SCRIPT).manifest)).toBeNull()
  expect(notYet(read(`${SCRIPT}network: open\nisolation: process\nconcurrency: 1\npriority: 3\ncommands: { deny: [rm], ask: [git push], allow: [git] }\nretry: { attempts: 2 }\neffects: tell\nlimits: { time: 5m, memory: 64MiB, processes: 9, files: 99, output: 1MiB, steps: 3 }\nverify: [{ run: ls, secrets: [K] }]\nsecrets: [K]\n`).manifest)).toBeNull()
  expect(notYet(read(`${LLM}instructions: be kind\nverify: [{ run: ls }]\n`).manifest)).toBeNull()
})

it('a model\'s shell outside a sandbox or with a network has to be allowed in so many words', () => {
  expect(notYet(read(`${LLM}network: open\n`).manifest)).toMatch(/^approvals\.shell /)
  expect(notYet(read(`${LLM}isolation: process\n`).manifest)).toMatch(/^approvals\.shell /)
  expect(notYet(read(`${LLM}network: open\napprovals: { shell: auto }\n`).manifest)).toBeNull()
  expect(notYet(read(`${LLM}network: open\ntools: [files]\n`).manifest)).toBeNull()
})
