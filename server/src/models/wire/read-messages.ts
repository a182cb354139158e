import type { AnswerSoFar } from './answer.ts'
import { countOf, errorOf, listOf, recordOf, textOf, usageOf } from './said.ts'

/** Anthropic messages: a whole answer, or one event of a stream. */
export function readMessages(said: Record<string, unknown>, answer: AnswerSoFar): void {
  switch (said.type) {
    case 'message':
      listOf(said.content).forEach((block, index) => readBlock(block, index, answer))
      readUsage(said.usage, answer)
      return readStop(said.stop_reason, answer)
    case 'message_start':
      return readUsage(recordOf(said.message).usage, answer)
    case 'content_block_start':
      return readBlock(recordOf(said.content_block), countOf(said.index) ?? 0, answer)
    case 'content_block_delta':
      return readDelta(recordOf(said.delta), countOf(said.index) ?? 0, answer)
    case 'message_delta':
      readUsage(said.usage, answer)
      return readStop(recordOf(said.delta).stop_reason, answer)
    case 'error':
      return answer.fail(errorOf(said.error) ?? 'no reason given')
  }
}

function readBlock(block: Record<string, unknown>, index: number, answer: AnswerSoFar): void {
  if (block.type === 'text')
    answer.text(textOf(block.text))
  if (block.type === 'thinking')
    answer.reasoning(textOf(block.thinking))
  if (block.type === 'tool_use') {
    // A stream begins with an empty input and sends the rest in pieces.
    const isEmpty = Object.keys(recordOf(block.input)).length === 0
    answer.tool(index, { id: textOf(block.id), tool: textOf(block.name), ...(!isEmpty && { input: block.input }) })
  }
}

function readDelta(delta: Record<string, unknown>, index: number, answer: AnswerSoFar): void {
  answer.text(textOf(delta.text))
  answer.reasoning(textOf(delta.thinking))
  if (delta.type === 'input_json_delta')
    answer.tool(index, { json: textOf(delta.partial_json) })
}

/** Each event says the sums so far, and only some of them. What was read from or written to the cache counts as read by the model. */
function readUsage(said: unknown, answer: AnswerSoFar): void {
  const usage = recordOf(said)
  const { input_tokens: input, cache_read_input_tokens: cached, cache_creation_input_tokens: written } = usage
  const read = countOf(input) === undefined ? undefined : countOf(input)! + (countOf(cached) ?? 0) + (countOf(written) ?? 0)
  answer.usage(usageOf(read, usage.output_tokens, cached, { cacheWrite: written, longCacheWrite: recordOf(usage.cache_creation).ephemeral_1h_input_tokens }))
}

function readStop(reason: unknown, answer: AnswerSoFar): void {
  if (typeof reason === 'string')
    answer.finish(FINISH[reason] ?? 'other')
}

const FINISH: Record<string, Parameters<AnswerSoFar['finish']>[0]> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
}
