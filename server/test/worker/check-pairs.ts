import type { RunEvent } from '../../src/domain/event.ts'

const PAIRS = [['step.started', 'step.finished'], ['tool.proposed', 'tool.finished'], ['model.requested', 'model.responded']] as const

/** What was begun in a run was ended, unless an attempt of it was lost or parked; and nothing outlived it. Answers what is wrong. */
export function checkPairs(events: RunEvent[]): string[] {
  const count = (type: RunEvent['type']) => events.filter(event => event.type === type).length
  const last = events.at(-1)
  const isLost = events.some(({ type, data }) => type === 'attempt.lost' || type === 'run.parked' || ('reason' in data && data.reason === 'interrupted'))
  return [
    ...(last?.type === 'run.ended' && last.data.survivors === 0 ? [] : ['the run ended, and no process outlived it']),
    ...PAIRS
      .filter(([begun, ended]) => isLost ? count(begun) < count(ended) : count(begun) !== count(ended))
      .map(([begun, ended]) => `${count(begun)} ${begun}, ${count(ended)} ${ended}`),
  ]
}
