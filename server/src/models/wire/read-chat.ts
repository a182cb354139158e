import type { AnswerSoFar } from './answer.ts'
import { countOf, errorOf, listOf, recordOf, textOf, usageOf } from './said.ts'

/** OpenAI chat completions: a whole answer, or one chunk of a stream. */
export function readChat(said: Record<string, unknown>, answer: AnswerSoFar): void {
  const error = errorOf(said.error)
  if (error !== null)
    answer.fail(error)
  const usage = recordOf(said.usage)
  const reasoning = recordOf(usage.completion_tokens_details).reasoning_tokens
  const { cached_tokens: cached, cache_write_tokens: cacheWrite } = recordOf(usage.prompt_tokens_details)
  answer.usage(usageOf(usage.prompt_tokens, usage.completion_tokens, cached, { reasoning, cacheWrite }))
  const choice = listOf(said.choices).find(({ index }) => index === undefined || index === 0)
  if (!choice)
    return
  const message = recordOf(choice.delta ?? choice.message)
  answer.reasoning(textOf(message.reasoning_content) || textOf(message.reasoning))
  answer.text(textOf(message.content) + textOf(message.refusal))
  listOf(message.tool_calls).forEach((call, place) => {
    const made = recordOf(call.function ?? call.custom)
    answer.tool(countOf(call.index) ?? place, { id: textOf(call.id), tool: textOf(made.name), json: textOf(made.arguments) || textOf(made.input) })
  })
  if (message.function_call !== undefined && message.function_call !== null) {
    const made = recordOf(message.function_call)
    answer.tool('function', { tool: textOf(made.name), json: textOf(made.arguments) })
  }
  if (typeof choice.finish_reason === 'string')
    answer.finish(FINISH[choice.finish_reason] ?? 'other')
}

const FINISH: Record<string, Parameters<AnswerSoFar['finish']>[0]> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
}
