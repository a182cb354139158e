import type { AgentInput, AgentView } from '@agentos/server/domain/views/agent'
import type { ChatStart } from '../stores/chats.ts'
import { readInputs } from '../agents/run-form.ts'

/** What stands in the fields, as it was typed. */
export interface NewChatForm {
  with: 'agent' | 'model'
  agent: string
  inputs: Record<string, string | boolean>
  model: string
  instructions: string
  temperature: string
  /** It may answer though nobody knows its price. */
  unmetered: boolean
}

export function emptyChat(agent: string): NewChatForm {
  return { with: agent ? 'agent' : 'model', agent, inputs: {}, model: '', instructions: '', temperature: '', unmetered: false }
}

/** Only an agent with a model can answer. */
export function talkingAgents(agents: AgentView[]): AgentView[] {
  return agents.filter(agent => agent.runtime === 'llm')
}

export type ReadChat = { ok: true, start: Omit<ChatStart, 'message' | 'idempotencyKey'> } | { ok: false, problems: Record<string, string> }

/** With whom to talk; or what is wrong, by field. */
export function readChat(form: NewChatForm, declared: AgentInput[]): ReadChat {
  if (form.with === 'agent') {
    const { inputs, problems } = readInputs(declared, form.inputs)
    if (form.agent === '')
      problems.agent = 'Which agent?'
    return Object.keys(problems).length > 0 ? { ok: false, problems } : { ok: true, start: { agent: form.agent, inputs } }
  }
  const problems: Record<string, string> = {}
  const model = form.model.trim()
  const temperature = form.temperature.trim() === '' ? null : Number(form.temperature.replace(',', '.'))
  if (!/^[^/\s]+\/\S+$/.test(model))
    problems.model = 'Expected provider/model, such as ollama/qwen3.'
  if (temperature !== null && !(temperature >= 0 && temperature <= 2))
    problems.temperature = 'Expected a number from 0 to 2.'
  if (Object.keys(problems).length > 0)
    return { ok: false, problems }
  return {
    ok: true,
    start: {
      model,
      ...form.instructions.trim() && { instructions: form.instructions.trim() },
      ...temperature !== null && { temperature },
      ...form.unmetered && { unmetered: true },
    },
  }
}
