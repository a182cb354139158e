import type { RunEvent } from '../../src/domain/event.ts'
import type { RunView } from '../../src/domain/views.ts'
import { END_REASONS } from '../../src/domain/run.ts'

/** What holds for the history of every ended run; answers each rule that is broken. */
export function checkHistory(events: RunEvent[], run: RunView): string[] {
  const broken: string[] = []
  const must = (holds: boolean, rule: string) => holds || broken.push(rule)
  const last = events.at(-1)

  must(events.every(({ seq }, index) => seq === index + 1), 'seq is dense from 1')
  must(events[0]?.type === 'run.submitted', 'run.submitted is first')
  must(events.filter(({ type }) => type === 'run.ended').length === 1 && last?.type === 'run.ended', 'run.ended is there once, and last')
  must(last?.seq === run.lastSeq, 'the run knows its last seq')
  if (last?.type === 'run.ended') {
    must(last.data.status === run.status && last.data.reason === run.reason, 'the row says what the log says')
    must(END_REASONS[last.data.reason].status === last.data.status, 'the status is the reason\'s')
    must(last.data.survivors === 0, 'no process outlived its run')
  }
  must(events.every((event, index) => index === 0 || event.attempt >= events[index - 1]!.attempt), 'attempts do not go back')
  must(events.filter(({ type }) => type === 'attempt.started').length === run.attempt, 'each attempt started once')
  for (const [started, finished] of [['step.started', 'step.finished'], ['tool.proposed', 'tool.finished'], ['model.requested', 'model.responded']] as const) {
    const open = events.filter(({ type }) => type === started).length - events.filter(({ type }) => type === finished).length
    const isLost = events.some(({ type, data }) => type === 'attempt.lost' || ('reason' in data && data.reason === 'interrupted'))
    must(open === 0 || (isLost && open > 0), `every ${started} has its ${finished}, unless the attempt was lost`)
  }
  return broken
}
