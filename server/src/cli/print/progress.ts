import type { Run, RunEvent } from '@agentos/client'
import { pc } from './colour.ts'
import { oneLine } from './plain.ts'
import { formatMs } from './time.ts'

export interface Progress {
  see: (event: RunEvent) => void
  /** What is going on now, on one line; empty once the run has ended. */
  line: () => string
}

/** Where a run stands: its step, for how long it has run, what it has used. */
export function createProgress(run: Run): Progress {
  let doing = 'queued'
  let since = Date.parse(run.createdAt)
  let tokens = 0
  let costUsd = 0
  let isOver = false
  return {
    see({ type, at, data }) {
      if (type === 'attempt.started' || type === 'run.retry_scheduled')
        since = Date.parse(at)
      if (type === 'attempt.started')
        doing = 'starting'
      if (type === 'run.retry_scheduled')
        doing = 'waits for its next attempt'
      if (type === 'step.started')
        doing = `${data.step} ${oneLine(data.name, 200)}`
      if (type === 'tool.started')
        doing = `${data.step} ${oneLine(data.tool, 60)}`
      if (type === 'run.cancel_requested')
        doing = 'stopping'
      if (type === 'model.responded') {
        tokens += data.usage.inputTokens + data.usage.outputTokens
        costUsd += data.costUsd ?? 0
      }
      isOver = type === 'run.ended'
    },
    line: () => isOver
      ? ''
      : pc.dim([
          doing,
          formatMs(Math.max(0, Date.now() - since)),
          tokens > 0 ? `${tokens} tokens` : '',
          costUsd > 0 ? `$${costUsd.toFixed(4)}` : '',
        ].filter(Boolean).join(' · ')),
  }
}
