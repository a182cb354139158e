import type { RunEvent } from '@agentos/server/domain/event'
import { formatBytes } from '../format/bytes.ts'
import { formatDuration, formatWords } from '../format/duration.ts'
import { formatCount, formatUsd } from '../format/number.ts'

/** One event in a few words, for the raw list. */
export function eventLine(event: RunEvent): string {
  switch (event.type) {
    case 'run.submitted': return `${event.data.agent} v${event.data.version} by ${event.data.by}`
    case 'run.retry_scheduled': return `${event.data.reason} · again in ${formatWords(event.data.delayMs)}`
    case 'run.cancel_requested': return `by ${event.data.by}`
    case 'run.ended': return `${event.data.status} · ${event.data.reason}`
    case 'attempt.started': return `${event.attempt} · ${event.data.worker}`
    case 'attempt.lost': return `${event.attempt} · ${event.data.detail}`
    case 'attempt.ended': return `${event.attempt} · ${event.data.reason}`
    case 'workspace.prepared': return event.data.from === null ? event.data.how : `${event.data.how} ${event.data.mode} · ${event.data.from}`
    case 'sandbox.opened': return `${event.data.level} · ${event.data.by} · ${formatDuration(event.data.durationMs)}`
    case 'step.started': return `${event.data.step} · ${event.data.name}${event.data.try > 1 ? ` · try ${event.data.try}` : ''}`
    case 'step.output':
    case 'tool.output': return `step ${event.data.step} · ${event.data.stream} ${quote(event.data.text)}`
    case 'step.finished': return `${event.data.step} · ${event.data.status}${exitOf(event.data.end)} · ${formatDuration(event.data.durationMs)}`
    case 'model.requested': return `${event.data.model} · ${event.data.messages} messages`
    case 'model.delta': return quote(event.data.text)
    case 'model.responded': return `${formatCount(event.data.usage.outputTokens)} out · ${event.data.error ?? event.data.finish}${event.data.costUsd === null ? '' : ` · ${formatUsd(event.data.costUsd)}`}`
    case 'tool.proposed': return `${event.data.tool} · ${quote(JSON.stringify(event.data.input) ?? '')}`
    case 'tool.started': return `step ${event.data.step} · ${cut(event.data.command)}`
    case 'tool.finished': return `step ${event.data.step} · ${event.data.status}${exitOf(event.data.end)}`
    case 'limit.reached': return `${event.data.limit} · ${event.data.used} of ${event.data.allowed}`
    case 'output.cut': return `step ${event.data.step} · ${formatBytes(event.data.droppedBytes)} left out`
    default: return ''
  }
}

/** Minutes, seconds and hundredths since `fromAt`: `6:11.90`. */
export function eventClock(at: string, fromAt: number): string {
  const hundredths = Math.max(0, Math.round((Date.parse(at) - fromAt) / 10))
  const seconds = Math.floor(hundredths / 100)
  const tail = `${String(seconds % 60).padStart(2, '0')}.${String(hundredths % 100).padStart(2, '0')}`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes}:${tail}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${tail}`
}

export type EventTone = 'model' | 'bad' | 'wait' | 'plain'

export function eventTone(event: RunEvent): EventTone {
  if (event.type.startsWith('model.'))
    return 'error' in event.data ? 'bad' : 'model'
  if (event.type === 'attempt.lost' || event.type === 'limit.reached' || ('status' in event.data && event.data.status === 'failed'))
    return 'bad'
  return event.type === 'run.retry_scheduled' || event.type === 'run.cancel_requested' || event.type === 'output.cut' ? 'wait' : 'plain'
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
