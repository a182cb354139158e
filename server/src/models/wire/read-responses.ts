import type { AnswerSoFar } from './answer.ts'
import { errorOf, listOf, recordOf, textOf, usageOf } from './said.ts'

/** OpenAI Responses: a whole answer, or one event of a stream. */
export function readResponses(said: Record<string, unknown>, answer: AnswerSoFar): void {
  const type = textOf(said.type)
  if (type === '')
    return readWhole(said, answer)
  if (type === 'response.output_text.delta' || type === 'response.refusal.delta')
    answer.text(textOf(said.delta))
  else if (type === 'response.reasoning_text.delta' || type === 'response.reasoning_summary_text.delta')
    answer.reasoning(textOf(said.delta))
  else if (type === 'response.output_item.done')
    readCall(recordOf(said.item), answer)
  else if (type === 'response.completed' || type === 'response.incomplete' || type === 'response.failed')
    readEnd(recordOf(said.response), answer)
  else if (type === 'error')
    answer.fail(errorOf(said.error) ?? errorOf(said) ?? 'no reason given')
}

function readWhole(said: Record<string, unknown>, answer: AnswerSoFar): void {
  for (const item of listOf(said.output)) {
    for (const part of item.type === 'message' ? listOf(item.content) : [])
      answer.text(textOf(part.text) + textOf(part.refusal))
    readCall(item, answer)
  }
  readEnd(said, answer)
}

/** function_call, custom_tool_call, local_shell_call …: what the agent is to do. What the provider does itself has no `call_id`. */
function readCall(item: Record<string, unknown>, answer: AnswerSoFar): void {
  if (!textOf(item.type).endsWith('_call') || textOf(item.call_id) === '')
    return
  const json = textOf(item.arguments) || textOf(item.input)
  const input = json === '' ? item.action : undefined
  answer.tool(textOf(item.call_id), { id: textOf(item.call_id), tool: textOf(item.name) || textOf(item.type), json, input })
}

function readEnd(response: Record<string, unknown>, answer: AnswerSoFar): void {
  const usage = recordOf(response.usage)
  const reasoning = recordOf(usage.output_tokens_details).reasoning_tokens
  const { cached_tokens: cached, cache_write_tokens: cacheWrite } = recordOf(usage.input_tokens_details)
  answer.usage(usageOf(usage.input_tokens, usage.output_tokens, cached, { reasoning, cacheWrite }))
  const error = errorOf(response.error)
  if (error !== null || response.status === 'failed')
    answer.fail(error ?? 'no reason given')
  if (response.status === 'completed')
    answer.finish('stop')
  if (response.status === 'incomplete')
    answer.finish(WHY_INCOMPLETE[textOf(recordOf(response.incomplete_details).reason)] ?? 'other')
}

const WHY_INCOMPLETE: Record<string, 'length' | 'content_filter'> = { max_output_tokens: 'length', content_filter: 'content_filter' }
