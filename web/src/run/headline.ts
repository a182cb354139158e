import type { RunStatus } from '@agentos/server/domain/run'
import type { RunView } from '@agentos/server/domain/views/run'
import type { Step, Timeline, ToolCall } from './timeline.ts'
import { END_REASONS, MAX_LOSSES } from '@agentos/server/domain/run'
import { formatDuration, formatWords } from '../format/duration.ts'
import { plural } from '../format/number.ts'
import { queuedWhy, STATUS_WORDS } from '../format/run.ts'
import { formatAgo, formatTimeOfDay } from '../format/time.ts'

/** The sentence under the title: what it does now, or why it is where it is. */
export interface Headline {
  status: RunStatus
  word: string
  parts: { text: string, strong?: boolean, mono?: boolean }[]
}

export function headlineOf(run: RunView, timeline: Timeline, nowMs: number): Headline {
  const status = timeline.end?.status ?? run.status
  const head = { status, word: STATUS_WORDS[status] }
  if (status === 'queued')
    return { ...head, parts: queuedParts(run, timeline, nowMs) }
  if (status === 'waiting')
    return { status, word: run.waitingFor?.kind === 'message' ? 'Waits for' : 'Waits for a person', parts: waitingParts(run) }
  if (status !== 'running')
    return { ...head, parts: endedParts(run, timeline) }
  if (timeline.cancelRequested || run.cancelRequestedAt) {
    const by = timeline.cancelRequested ? ` by ${timeline.cancelRequested.by}` : ''
    return { status, word: 'Stopping…', parts: [{ text: `asked${by}; its processes are being ended` }] }
  }
  return { ...head, parts: runningParts(timeline) }
}

function queuedParts(run: RunView, timeline: Timeline, nowMs: number): Headline['parts'] {
  const { word, rest } = queuedWhy(run, nowMs)
  const since = `since ${formatTimeOfDay(run.createdAt)}, ${formatAgo(run.createdAt, nowMs)}`
  const before = timeline.attempts.at(-1)
  if (before?.endedAt)
    return [{ text: word, strong: true }, { text: `: ${rest}; attempt ${before.number} ended: ${before.detail || (before.reason && END_REASONS[before.reason].means)}` }]
  return [{ text: word, strong: true }, { text: `: ${rest} · ${since}` }]
}

function waitingParts({ waitingFor, detail }: RunView): Headline['parts'] {
  const idle = 'Nothing of it runs and no slot is held.'
  if (waitingFor?.kind === 'message')
    return [{ text: `the next message of the conversation. ${idle}` }]
  if (!waitingFor)
    return [{ text: `${detail ?? 'something has to be decided'}. ${idle}` }]
  if (waitingFor.kind === 'approval')
    return [{ text: 'it wants leave for ' }, { text: cut(oneLine(waitingFor.title), 44), mono: true, strong: true }, { text: `. ${idle}` }]
  return [{ text: 'what became of ' }, { text: cut(oneLine(waitingFor.command) || waitingFor.name, 44), mono: true, strong: true }, { text: ` has to be settled. ${idle}` }]
}

function runningParts(timeline: Timeline): Headline['parts'] {
  const step = timeline.steps.findLast(one => one.status === 'running')
  if (!step)
    return [{ text: timeline.stepsByNumber.size ? `between steps, ${plural(timeline.stepsByNumber.size, 'step')} so far` : 'opening its sandbox' }]
  const call = step.calls.findLast(one => one.status === 'running')
  const tries = step.try > 1 ? `, try ${step.try}` : ''
  return [{ text: `step ${step.number}${tries}, ` }, doing(step, call)]
}

function doing(step: Step, call: ToolCall | undefined): Headline['parts'][number] {
  if (call)
    return call.command === null ? { text: `${call.tool} is about to start`, strong: true } : { text: oneLine(call.command), mono: true, strong: true }
  if (step.turn && !step.turn.respondedAt)
    return { text: `answer from ${shortModel(step.turn.model)}`, strong: true }
  return { text: step.name, strong: true }
}

function endedParts(run: RunView, timeline: Timeline): Headline['parts'] {
  const reason = timeline.end?.reason ?? run.reason
  const detail = (timeline.end?.detail || run.detail || '').replace(/\.$/, '')
  const durationMs = timeline.end?.durationMs ?? null
  const means = reason ? END_REASONS[reason].means : 'ended'
  const parts: Headline['parts'] = [{ text: means, strong: true }]
  if (run.deadLetteredAt)
    parts.push({ text: `; given up and put into the dead letter: ${MAX_LOSSES} attempts in a row were lost with nothing new recorded` })
  if (detail && detail.toLowerCase() !== means)
    parts.push({ text: `: ${detail}` })
  if (durationMs !== null)
    parts.push({ text: ` · after ${durationMs < 60_000 ? formatDuration(durationMs) : formatWords(durationMs)}` })
  if (timeline.end)
    parts.push({ text: ` · ${survivorsOf(timeline.end.survivors)}` })
  return parts
}

export function survivorsOf(survivors: number): string {
  return survivors === 0 ? 'nothing of it still runs' : `${plural(survivors, 'process', 'processes')} outlived it and had to be killed`
}

export function shortModel(model: string): string {
  return model.slice(model.indexOf('/') + 1)
}

export function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}

/** The first line of a command that says something. */
export function oneLine(command: string): string {
  const lines = command.split('\n').map(line => line.trim()).filter(line => line && !line.startsWith('#') && !line.startsWith('set -'))
  return (lines[0] ?? command.trim()) + (lines.length > 1 ? ' …' : '')
}
