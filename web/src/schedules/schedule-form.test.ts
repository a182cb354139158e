import type { AgentInput } from '@agentos/server/domain/views/agent'
import type { ScheduleView } from '@agentos/server/domain/views/schedule'
import { expect, it } from 'vitest'
import { emptyForm, formOf, readSchedule, specOf, withInputs } from './schedule-form.ts'

const top: AgentInput = { name: 'top', type: 'number', description: '', required: true, default: 5 }

const schedule: ScheduleView = {
  id: 's',
  agentId: 'a',
  agentName: 'repo-report',
  source: 'person',
  cron: null,
  everyMs: null,
  onceAt: null,
  timezone: 'Europe/Berlin',
  overlap: 'replace',
  catchUp: 'all',
  catchUpWindowMs: 86_400_000,
  task: 'Count',
  inputs: { top: 3 },
  pausedAt: null,
  nextTickAt: null,
  preview: [],
  createdBy: 'owner',
  createdAt: '2026-11-25T03:00:00.000Z',
  ticks: [],
}

it('reads what was typed into what is saved', () => {
  const form = { ...emptyForm('repo-report', 'UTC'), kind: 'every' as const, every: '90m', inputs: { top: '7' }, task: ' Count ' }
  expect(readSchedule(form, [top])).toEqual({
    ok: true,
    draft: { agent: 'repo-report', spec: { everyMs: 5_400_000 }, timezone: 'UTC', overlap: 'skip', catchUp: 'last', task: 'Count', inputs: { top: 7 } },
  })
})

it('says by field what is missing or wrong', () => {
  const form = { ...emptyForm('', ' '), inputs: { top: 'many' } }
  expect(readSchedule(form, [top])).toMatchObject({ ok: false, problems: { 'agent': 'Choose an agent.', 'timezone': expect.stringContaining('Name a time zone'), 'inputs.top': 'Expected a number, got “many”.' } })
  for (const [kind, typed, problem] of [['cron', '', 'five fields'], ['every', 'often', 'Expected a time'], ['every', '5s', 'a minute is the shortest'], ['at', '', 'day and a time']] as const)
    expect(readSchedule({ ...emptyForm('a', 'UTC'), kind, [kind]: typed }, [])).toMatchObject({ ok: false, problems: { when: expect.stringContaining(problem) } })
})

it('has nothing to preview while the fields say nothing', () => {
  expect(specOf({ ...emptyForm('a', 'UTC'), kind: 'at' })).toBeNull()
  expect(specOf({ ...emptyForm('a', ''), kind: 'cron' })).toBeNull()
  expect(specOf({ ...emptyForm('a', 'UTC'), kind: 'at', at: '2026-12-24T18:00' })).toEqual({ spec: { at: '2026-12-24T18:00' }, timezone: 'UTC' })
})

it.each([
  [{ cron: '0 9 * * *' }, { cron: '0 9 * * *' }],
  [{ everyMs: 5_400_000 }, { everyMs: 5_400_000 }],
  [{ onceAt: '2026-12-24T17:00:00.000Z' }, { at: '2026-12-24T18:00' }],
])('fills the fields from a schedule that comes %j', (when, spec) => {
  expect(specOf(formOf({ ...schedule, ...when }))?.spec).toEqual(spec)
})

it('keeps what was typed of the inputs that the agent has, and starts the others with their defaults', () => {
  expect(withInputs({ ...emptyForm('a', 'UTC'), inputs: { gone: 'x' } }, [top])).toEqual({ top: '5' })
  expect(withInputs(formOf(schedule), [top])).toEqual({ top: '3' })
})
