import { expect, it } from 'vitest'
import { createInstruments } from './instruments.ts'
import { createModelCalls } from './model-calls.ts'

const answer = (model: string) => ({ step: 1, model, text: '', finish: 'stop' as const, toolCalls: [], usage: { inputTokens: 1, outputTokens: 1 }, costUsd: 0.5, durationMs: 10 })

async function modelsIn(names: string[]): Promise<Set<string>> {
  const instruments = createInstruments()
  const calls = createModelCalls(instruments, ['openai', 'claude'])
  names.forEach(name => calls.responded(answer(name)))
  const { values } = await instruments.registry.getSingleMetric('agentos_model_calls_total')!.get()
  return new Set(values.map(({ labels }) => `${labels.provider}/${labels.model}`))
}

it('a provider goes by one name, whatever a manifest calls it, and one that nobody knows is another', async () => {
  expect(await modelsIn(['openai/gpt', 'anthropic/opus', 'claude/opus', 'elsewhere/gpt'])).toEqual(new Set(['openai/gpt', 'claude/opus', 'other/other']))
})

it('so many models have names of their own; what manifests name beyond, or at great length, is another', async () => {
  const models = await modelsIn(Array.from({ length: 500 }, (_, index) => `openai/model-${index}`))
  expect(models.size).toBe(51)
  expect(models).toContain('openai/other')
  expect(await modelsIn([`openai/${'x'.repeat(101)}`])).toEqual(new Set(['openai/other']))
})
