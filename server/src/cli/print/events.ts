import type { RunEvent } from '@agentos/client'
import type { Server } from '../local-server.ts'
import { artifactPath } from '../../domain/artifact.ts'
import { END_REASONS } from '../../domain/run.ts'
import { pc } from './colour.ts'
import { formatNote } from './note.ts'
import { oneLine, plain } from './plain.ts'
import { formatStatus } from './status.ts'
import { formatMs } from './time.ts'

export interface EventPrinter {
  print: (event: RunEvent) => void
  /** Ends a line that the agent left open. */
  end: () => void
}

export interface EventPrinterOptions {
  runId: string
  /** Where something of the server can be opened, in words. */
  hrefOf: (path: string) => string
  write: (text: string) => void
}

/** Prints a run for a person, as it happens. Output stands indented under its step. */
export function createEventPrinter({ runId, hrefOf, write }: EventPrinterOptions): EventPrinter {
  let atLineStart = true

  const line = (text: string) => {
    if (!atLineStart)
      write('\n')
    write(`${text}\n`)
    atLineStart = true
  }
  const output = (text: string, colour = (value: string) => value) => {
    for (const part of plain(text).split(/(?<=\n)/)) {
      if (part === '')
        continue
      const isWhole = part.endsWith('\n')
      write(`${atLineStart ? pc.dim('  │ ') : ''}${colour(isWhole ? part.slice(0, -1) : part)}${isWhole ? '\n' : ''}`)
      atLineStart = isWhole
    }
  }

  return {
    print: event => printEvent(event, line, output, name => hrefOf(artifactPath({ runId, name }))),
    end: () => {
      if (!atLineStart)
        write('\n')
      atLineStart = true
    },
  }
}

/** The server of a command goes with the command: what it keeps is at the next one. */
export function hrefAt({ kind, url }: Pick<Server, 'kind' | 'url'>): (path: string) => string {
  return path => kind === 'embedded' ? `${path} of \`agentos serve\`` : url + path
}

type Line = (text: string) => void
type Output = (text: string, colour?: (value: string) => string) => void

function printEvent(event: RunEvent, line: Line, output: Output, hrefOf: (artifact: string) => string): void {
  switch (event.type) {
    case 'run.submitted':
      for (const notice of event.data.notices)
        line(pc.yellow(`! ${plain(notice)}`))
      break
    case 'run.retry_scheduled':
      line(pc.yellow(`↻ ${END_REASONS[event.data.reason].means}: ${plain(event.data.detail)}; again in ${formatMs(event.data.delayMs)}`))
      break
    case 'run.cancel_requested':
      line(pc.dim(`stop requested by ${plain(event.data.by)}`))
      break
    case 'attempt.started':
      if (event.attempt > 1)
        line(pc.dim(`attempt ${event.attempt}`))
      break
    case 'attempt.lost':
      line(pc.yellow(`⚡ attempt ${event.attempt} was lost: ${plain(event.data.detail)}`))
      break
    case 'step.started':
      line(`${pc.blue('●')} ${pc.dim(String(event.data.step))} ${pc.bold(plain(event.data.name))}${event.data.try > 1 ? pc.yellow(` try ${event.data.try}`) : ''}`)
      break
    case 'step.output':
    case 'tool.output':
      output(event.data.text, event.data.stream === 'stderr' ? pc.yellow : undefined)
      break
    case 'step.finished':
      line(formatStepEnd(event))
      break
    case 'model.delta':
      output(event.data.text, event.data.kind === 'reasoning' ? pc.dim : undefined)
      break
    case 'agent.message':
      output(event.data.text, event.data.kind === 'thought' ? pc.dim : undefined)
      break
    case 'tool.started':
      line(`  ${pc.dim('$')} ${plain(event.data.command)}`)
      break
    case 'tool.finished':
      if (event.data.status !== 'succeeded')
        line(pc.red(`  ✗ ${oneLine(event.data.tool, 60)}: ${plain(event.data.result).split('\n')[0] ?? ''}`))
      break
    case 'run.ended':
      line(formatEnd(event))
      break
    default: {
      const note = formatNote(event, hrefOf)
      if (note !== null)
        line(note)
    }
  }
}

function formatStepEnd({ data }: Extract<RunEvent, { type: 'step.finished' }>): string {
  const time = pc.dim(formatMs(data.durationMs))
  const detail = data.detail ? ` ${plain(data.detail)}` : ''
  if (data.status === 'succeeded')
    return `${pc.green('✓')} ${pc.dim(String(data.step))} ${time}`
  if (data.status === 'skipped')
    return pc.dim(`– ${data.step} skipped${detail}`)
  return `${pc.red('✗')} ${pc.dim(String(data.step))}${pc.red(detail)} ${time}${data.continued ? pc.dim(' (goes on)') : ''}`
}

function formatEnd({ data }: Extract<RunEvent, { type: 'run.ended' }>): string {
  const parts = [
    `${formatStatus(data.status)} in ${formatMs(data.durationMs)}`,
    data.reason === 'completed' ? '' : whyOf(data),
    `${data.steps} ${data.steps === 1 ? 'step' : 'steps'}`,
    data.tokens > 0 ? `${data.tokens} tokens` : '',
    data.costUsd === null ? '' : `$${data.costUsd.toFixed(4)}`,
    data.survivors === 0 ? 'nothing of it still runs' : `${data.survivors} leftover processes were killed`,
  ]
  return parts.filter(part => part !== '').join(pc.dim(' · '))
}

function whyOf({ status, reason, detail }: Extract<RunEvent, { type: 'run.ended' }>['data']): string {
  const sentence = plain(detail) || END_REASONS[reason].means
  return status === reason ? sentence : `${reason}: ${sentence}`
}
