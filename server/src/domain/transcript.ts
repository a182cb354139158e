import type { RunEvent } from './event.ts'
import type { RunView } from './views/run.ts'

/** One thing that was said in a conversation. Times are ISO 8601 in UTC. */
export type Said
  = | { who: 'person', by: string, at: string, text: string }
    /** `model` is provider/model; `tools` are those it used on the way to these words. */
    | { who: 'agent', model: string, at: string, text: string, tools: UsedTool[] }
    /** An answer that did not come, and why. */
    | { who: 'nobody', at: string, text: string }

export interface UsedTool { tool: string, input: unknown, status: 'succeeded' | 'failed' | 'denied' | 'open', result: string }

export const TRANSCRIPT_FORMATS = ['json', 'md', 'txt'] as const
export type TranscriptFormat = (typeof TRANSCRIPT_FORMATS)[number]

/** What a transcript is folded from; deltas and output need not be fetched. */
export const TRANSCRIPT_EVENTS = ['run.submitted', 'message.sent', 'model.responded', 'tool.proposed', 'tool.finished', 'run.parked'] as const satisfies RunEvent['type'][]

/** What was said, in order. A turn that only calls tools is part of the words that come after it. */
export function foldTranscript(events: Iterable<RunEvent>): Said[] {
  const said: Said[] = []
  const calls = new Map<string, UsedTool>()
  let tools: UsedTool[] = []
  let isAnswered = false
  for (const event of events) {
    switch (event.type) {
      case 'run.submitted':
        if (event.data.task)
          said.push({ who: 'person', by: event.data.by, at: event.at, text: event.data.task })
        break
      case 'message.sent':
        said.push({ who: 'person', by: event.data.by, at: event.at, text: event.data.text })
        tools = []
        isAnswered = false
        break
      case 'tool.proposed': {
        const used: UsedTool = { tool: event.data.tool, input: event.data.input, status: 'open', result: '' }
        calls.set(`${event.data.step}/${event.data.call}`, used)
        tools.push(used)
        break
      }
      case 'tool.finished':
        Object.assign(calls.get(`${event.data.step}/${event.data.call}`) ?? {}, { status: event.data.status, result: event.data.result })
        break
      case 'model.responded':
        if (event.data.text === '' || event.data.error !== undefined)
          break
        said.push({ who: 'agent', model: event.data.model, at: event.at, text: event.data.text, tools })
        tools = []
        isAnswered = event.data.toolCalls.length === 0
        break
      case 'run.parked':
        if (event.data.for === 'message' && !isAnswered)
          said.push({ who: 'nobody', at: event.at, text: event.data.detail })
    }
  }
  return said
}

/** As a file for people (`md`, `txt`) or programs (`json`). */
export function writeTranscript(run: Pick<RunView, 'id' | 'agentName' | 'createdAt' | 'createdBy'>, said: Said[], format: TranscriptFormat): string {
  if (format === 'json')
    return `${JSON.stringify({ run: run.id, agent: run.agentName, startedAt: run.createdAt, startedBy: run.createdBy, messages: said }, null, 2)}\n`
  const isMarkdown = format === 'md'
  const title = `${run.agentName}, ${run.createdAt}`
  const parts = said.map(one => isMarkdown ? `## ${nameOf(one)}\n\n${toolsOf(one, '- ')}${one.text}` : `${nameOf(one)}:\n${toolsOf(one, '  ')}${one.text}`)
  return `${[isMarkdown ? `# ${title}` : title, ...parts].join('\n\n')}\n`
}

function nameOf(said: Said): string {
  return said.who === 'person' ? said.by : said.who === 'agent' ? said.model : 'No answer'
}

function toolsOf(said: Said, before: string): string {
  if (said.who !== 'agent' || said.tools.length === 0)
    return ''
  return `${said.tools.map(({ tool, input, status }) => `${before}${tool} ${JSON.stringify(input)} ${status}`).join('\n')}\n\n`
}
