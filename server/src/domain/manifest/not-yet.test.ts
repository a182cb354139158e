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
  'mcp': `${LLM}isolation: container\nimage: debian\nmcp: { x: { program: y } }\n`,
  'isolation': `${SCRIPT}isolation: container\nimage: debian\nnetwork: open\n`,
  'approvals.cost': `${SCRIPT}approvals: { cost: $1 }\n`,
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
    expect(notYet(manifest), key).toMatch(/does not act (?:yet|for this runtime).*: /)
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
  expect(notYet(read(`${LLM}tools: [files, fetch]\nnetwork: [example.com]\nmcp: { x: { program: y, args: [z], tools: [a], timeout: 5s }, w: { url: "https://example.com/mcp", headers: { A: b } } }\napprovals: { fetch: auto, mcp: deny }\n`).manifest)).toBeNull()
  expect(notYet(read(`${LLM}instructions: be kind\nverify: [{ run: ls }]\n`).manifest)).toBeNull()
})

it('what has to be asked about refuses nothing: a person is asked when it comes to it', () => {
  expect(notYet(read(`${LLM}network: open\n`).manifest)).toBeNull()
  expect(notYet(read(`${LLM}isolation: process\napprovals: { shell: ask, files: ask, cost: $1, expires: 1h }\n`).manifest)).toBeNull()
  expect(notYet(read(`${LLM}network: open\napprovals: { shell: auto }\n`).manifest)).toBeNull()
  expect(notYet(read(`${LLM}network: open\ntools: [files]\n`).manifest)).toBeNull()
})
