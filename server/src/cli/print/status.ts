import type { RunStatus } from '../../domain/run.ts'
import { pc } from './colour.ts'

const MARKS: Record<RunStatus, [mark: string, colour: (text: string) => string]> = {
  queued: ['○', pc.dim],
  running: ['●', pc.blue],
  waiting: ['◆', pc.yellow],
  succeeded: ['✓', pc.green],
  failed: ['✗', pc.red],
  cancelled: ['⊘', pc.dim],
}

/** A mark and the word, so that it reads without colour. */
export function formatStatus(status: RunStatus, width = 0): string {
  const [mark, colour] = MARKS[status]
  return colour(`${mark} ${status}`.padEnd(width))
}
