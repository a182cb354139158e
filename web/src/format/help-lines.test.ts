import { expect, it } from 'vitest'
import { firstSentence, helpLines } from './help-lines.ts'

it('tells what is to be typed from what is said about it', () => {
  expect(helpLines('No model is configured. Set one of these:\n  OPENAI_API_KEY=sk-…        OpenAI\n  OLLAMA_HOST\n\nor start Ollama.')).toEqual([
    { code: null, text: 'No model is configured. Set one of these:' },
    { code: 'OPENAI_API_KEY=sk-…', text: 'OpenAI' },
    { code: 'OLLAMA_HOST', text: '' },
    { code: null, text: 'or start Ollama.' },
  ])
})

it('cuts help to its first sentence and not at a dot inside a word', () => {
  expect(firstSentence('No model is configured. Set one of these:\n  A=b')).toBe('No model is configured.')
  expect(firstSentence('qwen2.5 needs ollama')).toBe('qwen2.5 needs ollama')
  expect(firstSentence('verify does not act yet\nmore')).toBe('verify does not act yet')
})
