import type { LimitKeepers } from '../../domain/limits.ts'
import { pc } from '../print/colour.ts'

/** One thing that `agentos doctor` has looked at. */
export interface Check {
  name: string
  result: 'ok' | 'warning' | 'error'
  found: string
  /** What to do, when it is not ok. */
  mend?: string
  /** Of a level of isolation: what keeps each limit. */
  keepers?: LimitKeepers
}

export function formatCheck({ name, result, found, mend }: Check): string {
  const mark = { ok: pc.green('✓'), warning: pc.yellow('!'), error: pc.red('✗') }[result]
  const indent = ' '.repeat(23)
  const below = result === 'ok' || !mend ? [] : mend.split('\n').map(line => `${indent}${pc.dim(line)}\n`)
  return `${mark} ${name.padEnd(20)} ${found}\n${below.join('')}`
}
