import { expect, it } from 'vitest'
import { testWords } from './test-words.ts'

const usage = { inputTokens: 23, outputTokens: 4 }

it('a test says what came back, how long it took and what it cost', () => {
  expect(testWords({ ok: true, model: 'openai/gpt-5', text: ' ready ', latencyMs: 412, usage, costUsd: 0.00012 })).toBe('“ready” · 412 ms · 23 → 4 tokens · $0.00012')
  expect(testWords({ ok: true, model: 'ollama/qwen3', text: '', latencyMs: 9, usage, costUsd: 0 })).toBe('It answered · 9 ms · 23 → 4 tokens · free')
  expect(testWords({ ok: true, model: 'x/y', text: 'ready', latencyMs: 9, usage, costUsd: null })).toContain('price not known')
  expect(testWords({ ok: false, kind: 'auth', message: 'x/y answered 401: no. Check X_API_KEY.', latencyMs: 9 })).toBe('x/y answered 401: no. Check X_API_KEY.')
})
