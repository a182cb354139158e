import { expect, it } from 'vitest'
import { createLog } from './fixtures/log.ts'
import { createRun } from './fixtures/run.ts'
import { appendEvents } from './fold.ts'
import { settlementQuestion } from './settlement.ts'
import { createTimeline } from './timeline.ts'

const waitingFor = { kind: 'settlement' as const, effect: '2', step: 2, call: null, place: 1, name: 'deploy', command: './deploy.sh', startedAt: '2026-11-23T14:02:40.000Z' }
const waiting = createRun({ status: 'waiting', waitingFor })

function folded(log: ReturnType<typeof createLog>) {
  const timeline = createTimeline()
  appendEvents(timeline, log.events)
  return timeline
}

function unknown() {
  return createLog().submit().start().command(2, './deploy.sh')
    .add('attempt.lost', { worker: 'a', detail: '' }).wait(4000).start('b')
    .add('effect.unknown', { effect: '2', step: 2, name: 'deploy', command: './deploy.sh' })
}

it('asks while a run is parked for an effect, and says since when nobody knows', () => {
  expect(settlementQuestion(waiting, folded(unknown()))).toMatchObject({ effect: '2', command: './deploy.sh', unknownAt: '2026-11-23T14:02:35.000Z' })
  expect(settlementQuestion(waiting, createTimeline())).toMatchObject({ effect: '2', unknownAt: null })
})

it('says of each choice what it means: for a step of a script, and for what a model has asked for', () => {
  const meaning = (call: string | null, at: number) => {
    const question = settlementQuestion({ ...waiting, waitingFor: { ...waitingFor, call } }, folded(unknown()))
    return `${question!.choices[at]!.as}: ${question!.choices[at]!.means}`
  }
  expect(meaning(null, 0)).toBe('done: The step counts as succeeded, and the run goes on after it.')
  expect(meaning('c1', 0)).toBe('done: The model is told that it was done, with your note, and goes on.')
  expect(meaning(null, 2)).toBe(meaning('c1', 2))
})

it('asks nothing once the log says that it was settled, although the header has not heard of it yet', () => {
  expect(settlementQuestion(waiting, folded(unknown().add('effect.settled', { effect: '2', as: 'done', by: 'owner' })))).toBeNull()
})

it('asks nothing of a run that runs, has ended, or waits for something else', () => {
  expect(settlementQuestion(createRun({ waitingFor }), folded(unknown()))).toBeNull()
  expect(settlementQuestion(createRun({ status: 'waiting' }), folded(unknown()))).toBeNull()
  expect(settlementQuestion(waiting, folded(unknown().end('cancelled')))).toBeNull()
})
