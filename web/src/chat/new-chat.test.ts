import { expect, it } from 'vitest'
import { emptyChat, readChat } from './new-chat.ts'

it('reads a model with its words, and leaves out what stands empty', () => {
  expect(readChat({ ...emptyChat(''), model: ' ollama/qwen3 ', instructions: ' ', temperature: '' }, [])).toEqual({ ok: true, start: { model: 'ollama/qwen3' } })
  expect(readChat({ ...emptyChat(''), model: 'github/openai/gpt-5', instructions: 'Be brief.', temperature: '0,25', unmetered: true }, []))
    .toEqual({ ok: true, start: { model: 'github/openai/gpt-5', instructions: 'Be brief.', temperature: 0.25, unmetered: true } })
})

it('says by field what is wrong', () => {
  expect(readChat({ ...emptyChat(''), model: 'gpt-5', temperature: 'warm' }, [])).toEqual({
    ok: false,
    problems: { model: 'Expected provider/model, such as ollama/qwen3.', temperature: 'Expected a number from 0 to 2.' },
  })
  const quay = { name: 'quay', type: 'string' as const, required: true, description: '', default: null }
  expect(readChat({ ...emptyChat(''), with: 'agent' }, [quay])).toEqual({ ok: false, problems: { 'agent': 'Which agent?', 'inputs.quay': 'This input is required.' } })
  expect(readChat({ ...emptyChat('pilot'), inputs: { quay: 'north' } }, [quay])).toEqual({ ok: true, start: { agent: 'pilot', inputs: { quay: 'north' } } })
})
