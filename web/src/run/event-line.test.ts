import { describe, expect, it } from 'vitest'
import { eventClock, eventFilter, eventLine, eventTone } from './event-line.ts'
import { createLog } from './fixtures/log.ts'

const { events } = createLog().submit().start().command(1, 'npm test').output(1, 'Hello\n\x1B[31mred').finish(1, 2)
  .add('run.retry_scheduled', { reason: 'error', detail: 'npm failed', delayMs: 4000, availableAt: '2026-11-23T14:02:35.000Z' })

describe('an event in one line', () => {
  it('says what happened', () => {
    expect(events.map(eventLine)).toEqual([
      'repo-report v3 by owner',
      '1 · worker-1',
      '1 · npm',
      'step 1 · stdout “Hello red”',
      '1 · failed · exit 2 · 1.0 s',
      'error · again in 4 s',
    ])
  })

  it('counts time from the start of the run', () => {
    expect(eventClock('2026-11-23T14:08:43.900Z', Date.parse('2026-11-23T14:02:32.000Z'))).toBe('6:11.90')
    expect(eventClock('2026-11-23T16:08:43.000Z', Date.parse('2026-11-23T14:02:32.000Z'))).toBe('2:06:11.00')
  })

  it('tells failures and waits apart', () => {
    expect(events.map(eventTone)).toEqual(['plain', 'plain', 'plain', 'plain', 'bad', 'wait'])
  })
})

describe('filtering events', () => {
  const found = (words: string) => events.filter(eventFilter(words)).map(event => event.seq)

  it.each([
    ['', [1, 2, 3, 4, 5, 6]],
    ['step.', [3, 4, 5]],
    ['step 1', [3, 4, 5]],
    ['step:1 output', [4]],
    ['hello', [4]],
    ['npm', [3, 6]],
    ['"exitCode":2', [5]],
    ['nothing like it', []],
  ])('finds %j', (words, seqs) => {
    expect(found(words)).toEqual(seqs)
  })
})
