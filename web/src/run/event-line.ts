import type { RunEvent } from '@agentos/server/domain/event'
import { amountInWords } from '@agentos/server/domain/budget-words'
import { formatBytes } from '../format/bytes.ts'
import { formatDuration, formatWords } from '../format/duration.ts'
import { formatOfLimit, limitWord } from '../format/limit.ts'
import { formatCount, formatUsd, plural } from '../format/number.ts'

/** One event in a few words, for the raw list; nothing for a type that a newer server writes. */
export function eventLine(event: RunEvent): string {
  const line = LINES[event.type] as ((data: RunEvent['data'], attempt: number) => string) | undefined // the table pairs each type with its data
  return line?.(event.data, event.attempt) ?? ''
}

const LINES: { [T in RunEvent['type']]: (data: Extract<RunEvent, { type: T }>['data'], attempt: number) => string } = {
  'run.submitted': data => `${data.agent} v${data.version} by ${data.by}`,
  'run.retry_scheduled': data => `${data.reason} · again in ${formatWords(data.delayMs)}`,
  'run.parked': data => `${data.for} · ${data.detail}`,
  'run.resumed': data => `${data.kept} kept · ${data.repeated} repeated · ${data.unknown} unknown · workspace ${data.workspace}`,
  'run.cancel_requested': data => `by ${data.by}`,
  'run.ended': data => `${data.status} · ${data.reason}`,
  'attempt.started': (data, attempt) => `${attempt} · ${data.worker}`,
  'attempt.lost': (data, attempt) => `${attempt} · ${data.detail}`,
  'attempt.ended': (data, attempt) => `${attempt} · ${data.reason}`,
  'workspace.prepared': data => `${data.how} · ${plural(data.files, 'file')}, ${formatBytes(data.sizeBytes)} · ${data.mode}`,
  'sandbox.opened': data => `${data.level} · ${data.by} · ${formatDuration(data.durationMs)}${networkOf(data.network)}`,
  'step.started': data => `${data.step} · ${data.name}${data.try > 1 ? ` · try ${data.try}` : ''}`,
  'step.output': data => `step ${data.step} · ${data.stream} ${quote(data.text)}`,
  'step.finished': data => `${data.step} · ${data.status}${exitOf(data.end)} · ${formatDuration(data.durationMs)}`,
  'model.requested': data => `${data.model} · ${data.messages} messages`,
  'model.delta': data => quote(data.text),
  'model.responded': data => `${formatCount(data.usage.outputTokens)} out · ${data.error ?? data.finish}${data.costUsd === null ? '' : ` · ${formatUsd(data.costUsd)}`}`,
  'mcp.listed': data => `${data.server} · ${plural(data.tools.length, 'tool')} by ${data.by}${data.omitted.length > 0 ? ` · ${data.omitted.length} left out` : ''} · ${formatDuration(data.durationMs)}`,
  'tool.proposed': data => `${data.tool} · ${quote(JSON.stringify(data.input) ?? '')}`,
  'tool.started': data => `step ${data.step} · ${cut(data.command)}`,
  'tool.output': data => `step ${data.step} · ${data.stream} ${quote(data.text)}`,
  'tool.finished': data => `step ${data.step} · ${data.status}${exitOf(data.end)}`,
  'message.sent': data => `${data.by} · ${quote(data.text)}`,
  'approval.requested': data => `${data.tool} · ${cut(data.action)}`,
  'approval.decided': data => `${data.as} · by ${data.by}`,
  'agent.session': data => `${cut(data.agent)} · ${cut(data.session)}`,
  'agent.message': data => `${data.kind} · ${quote(data.text)}`,
  'agent.plan': data => `${data.entries.filter(({ status }) => status === 'completed').length} of ${data.entries.length} done`,
  'agent.diff': data => cut(data.path),
  'effect.unknown': data => `${data.effect} · ${data.name} · ${cut(data.command)}`,
  'effect.settled': data => `${data.effect} · ${data.as} · by ${data.by}`,
  'network.allowed': data => `${cut(data.host)}:${data.port} · ${cut(data.address)}`,
  'network.denied': data => `${cut(data.host)}:${data.port} · ${cut(data.reason)}`,
  'limit.approached': data => `${limitWord(data.limit)} · ${formatOfLimit(data.limit, data.used, data.allowed)}`,
  'limit.reached': data => `${limitWord(data.limit)} · ${formatOfLimit(data.limit, data.used, data.allowed)}`,
  'budget.approached': data => `${data.budget} · ${amountInWords(data.unit, data.spent)} of ${amountInWords(data.unit, data.allowed)}`,
  'budget.reached': data => `${data.budget} · ${amountInWords(data.unit, data.spent)} of ${amountInWords(data.unit, data.allowed)}, ${amountInWords(data.unit, data.held)} held`,
  'output.cut': data => `step ${data.step} · ${formatBytes(data.droppedBytes)} left out`,
  'artifact.lost': data => `${cut(data.name)} · ${cut(data.detail)}`,
  'workspace.keep_requested': data => `by ${data.by}`,
  'workspace.kept': data => `${data.when === 'asked' ? 'while it ran · ' : ''}${data.added} added · ${data.modified} modified · ${data.deleted} deleted · ${formatBytes(data.sizeBytes)}`,
  'artifact.saved': data => `${cut(data.name)} · ${formatBytes(data.sizeBytes)}${data.isWhole ? '' : ' · cut'}`,
}

/** Minutes, seconds and hundredths since `fromAt`: `6:11.90`. */
export function eventClock(at: string, fromAt: number): string {
  const hundredths = Math.max(0, Math.round((Date.parse(at) - fromAt) / 10))
  const seconds = Math.floor(hundredths / 100)
  const tail = `${String(seconds % 60).padStart(2, '0')}.${String(hundredths % 100).padStart(2, '0')}`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes}:${tail}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${tail}`
}

const WAITS = new Set<RunEvent['type']>(['run.retry_scheduled', 'run.parked', 'effect.unknown', 'run.cancel_requested', 'output.cut', 'limit.approached', 'budget.approached', 'network.denied'])

export type EventTone = 'model' | 'bad' | 'wait' | 'plain'

export function eventTone(event: RunEvent): EventTone {
  if (event.type.startsWith('model.'))
    return 'error' in event.data ? 'bad' : 'model'
  if (event.type === 'attempt.lost' || event.type === 'limit.reached' || event.type === 'budget.reached' || ('status' in event.data && event.data.status === 'failed'))
    return 'bad'
  return WAITS.has(event.type) ? 'wait' : 'plain'
}

/**
 * A test for the words of the filter: each must be part of the type, of the event's texts, or `step:N`. An empty filter
 * takes everything.
 */
export function eventFilter(words: string): (event: RunEvent) => boolean {
  const tests = words.toLowerCase().trim().replace(/\bstep[: ]\s*(\d+)/g, 'step:$1').split(/\s+/).filter(Boolean).map((word) => {
    const step = /^step:(\d+)$/.exec(word)
    if (step)
      return (event: RunEvent) => 'step' in event.data && event.data.step === Number(step[1])
    return (event: RunEvent) => event.type.includes(word) || textsOf(event.data, word)
  })
  return event => tests.every(test => test(event))
}

function textsOf(data: object, word: string): boolean {
  for (const value of Object.values(data)) {
    if (typeof value === 'string' ? value.toLowerCase().includes(word) : typeof value === 'object' && value !== null && JSON.stringify(value).toLowerCase().includes(word))
      return true
  }
  return false
}

function networkOf(network: Extract<RunEvent, { type: 'sandbox.opened' }>['data']['network']): string {
  return network === undefined ? '' : ` · network ${typeof network === 'string' ? network : network.map(cut).join(', ')}`
}

function exitOf(end: { exitCode: number | null, signal: string | null } | undefined): string {
  if (!end)
    return ''
  return end.exitCode === null ? ` · ${end.signal ?? 'no exit code'}` : ` · exit ${end.exitCode}`
}

function quote(text: string): string {
  return `“${cut(text)}”`
}

function cut(text: string): string {
  // eslint-disable-next-line no-control-regex -- what a terminal would act on is left out of one line
  const line = text.slice(0, 300).replace(/\x1B\[[0-?]*[ -/]*[@-~]/g, '').replace(/[\0-\x1F\x7F-\x9F]+/g, ' ').trim()
  return line.length > 120 ? `${line.slice(0, 119)}…` : line
}
