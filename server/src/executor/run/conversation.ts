import type { ModelMessage } from '../protocol/output.ts'

const MAX_CHARACTERS = 600_000
const LEFT_OUT = '[This result was left out to save room. Call the tool again if you need it.]'

/** The conversation as it is sent: the oldest tool results give way when it grows beyond what a model and the protocol take. */
export function shortened(messages: ModelMessage[]): ModelMessage[] {
  let over = messages.reduce((sum, message) => sum + message.content.length, 0) - MAX_CHARACTERS
  return messages.map((message) => {
    if (over <= 0 || message.role !== 'tool' || message.content.length <= LEFT_OUT.length)
      return message
    over -= message.content.length - LEFT_OUT.length
    return { ...message, content: LEFT_OUT }
  })
}
