import type { AnswerSoFar } from './answer.ts'
import { countOf, errorOf, listOf, recordOf, textOf, usageOf } from './said.ts'

/** Gemini generateContent: a whole answer, or one piece of a stream, which have the same shape. */
export function readGemini(said: Record<string, unknown>, answer: AnswerSoFar): void {
  const error = errorOf(said.error)
  if (error !== null)
    answer.fail(error)
  readUsage(said.usageMetadata, answer)
  if (recordOf(said.promptFeedback).blockReason !== undefined)
    answer.finish('content_filter')
  const candidate = listOf(said.candidates).find(({ index }) => index === undefined || index === 0)
  for (const part of listOf(recordOf(candidate?.content).parts)) {
    if (part.thought === true)
      answer.reasoning(textOf(part.text))
    else
      answer.text(textOf(part.text))
    const call = recordOf(part.functionCall)
    if (part.functionCall !== undefined)
      answer.tool(Symbol('call'), { id: textOf(call.id), tool: textOf(call.name), input: call.args ?? {} })
  }
  if (typeof candidate?.finishReason === 'string')
    answer.finish(FINISH[candidate.finishReason] ?? 'other')
}

const FINISH: Record<string, Parameters<AnswerSoFar['finish']>[0]> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content_filter',
  RECITATION: 'content_filter',
  BLOCKLIST: 'content_filter',
  PROHIBITED_CONTENT: 'content_filter',
  SPII: 'content_filter',
}

/** Each piece says the sums so far. Thoughts are written by the model, and what tools brought is read by it. */
function readUsage(said: unknown, answer: AnswerSoFar): void {
  const usage = recordOf(said)
  const sum = (...counts: unknown[]) => counts.reduce<number>((total, count) => total + (countOf(count) ?? 0), 0)
  if (usage.promptTokenCount === undefined)
    return
  const input = sum(usage.promptTokenCount, usage.toolUsePromptTokenCount)
  const output = sum(usage.candidatesTokenCount, usage.thoughtsTokenCount)
  answer.usage(usageOf(input, output, usage.cachedContentTokenCount, { reasoning: usage.thoughtsTokenCount }))
}
