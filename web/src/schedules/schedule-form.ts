import type { AgentInput } from '@agentos/server/domain/views/agent'
import type { ScheduleView } from '@agentos/server/domain/views/schedule'
import type { ScheduleDraft } from '../stores/schedules.ts'
import { readInputs, startValue } from '../agents/run-form.ts'
import { parseDuration } from '../format/duration.ts'

/** What stands in the fields, as it was typed. */
export interface ScheduleForm {
  agent: string
  kind: 'cron' | 'every' | 'at'
  cron: string
  every: string
  /** `2026-12-24T18:00`, by the clocks of the zone. */
  at: string
  timezone: string
  overlap: ScheduleView['overlap']
  catchUp: ScheduleView['catchUp']
  task: string
  inputs: Record<string, string | boolean>
}

export function emptyForm(agent: string, timezone: string): ScheduleForm {
  return { agent, kind: 'cron', cron: '0 9 * * 1-5', every: '', at: '', timezone, overlap: 'skip', catchUp: 'last', task: '', inputs: {} }
}

export function formOf(schedule: ScheduleView): ScheduleForm {
  return {
    ...emptyForm(schedule.agentName, schedule.timezone),
    kind: schedule.everyMs !== null ? 'every' : schedule.onceAt !== null ? 'at' : 'cron',
    cron: schedule.cron ?? '',
    every: schedule.everyMs === null ? '' : inOneUnit(schedule.everyMs),
    at: schedule.onceAt === null ? '' : wallClock(schedule.onceAt, schedule.timezone),
    overlap: schedule.overlap,
    catchUp: schedule.catchUp,
    task: schedule.task,
    inputs: Object.fromEntries(Object.entries(schedule.inputs).map(([name, value]) => [name, typeof value === 'boolean' ? value : String(value)])),
  }
}

/** A field of each input that the agent declares; what was typed stays. */
export function withInputs(form: ScheduleForm, declared: AgentInput[]): ScheduleForm['inputs'] {
  return Object.fromEntries(declared.map(input => [input.name, form.inputs[input.name] ?? startValue(input)]))
}

/** As the server has it. */
const SHORTEST_MS = 60_000

/** What can be asked to preview; null while the fields say nothing that could come. */
export function specOf(form: Pick<ScheduleForm, 'kind' | 'cron' | 'every' | 'at' | 'timezone'>): Pick<ScheduleDraft, 'spec' | 'timezone'> | null {
  const timezone = form.timezone.trim()
  const typed = form[form.kind].trim()
  if (timezone === '' || typed === '')
    return null
  if (form.kind !== 'every')
    return { spec: form.kind === 'cron' ? { cron: typed } : { at: typed }, timezone }
  const everyMs = parseDuration(typed)
  return everyMs === null || everyMs < SHORTEST_MS ? null : { spec: { everyMs }, timezone }
}

export type ReadSchedule = { ok: true, draft: ScheduleDraft } | { ok: false, problems: Record<string, string> }

/** What is to be saved; or what is wrong, by field. */
export function readSchedule(form: ScheduleForm, declared: AgentInput[]): ReadSchedule {
  const { inputs, problems } = readInputs(declared, form.inputs)
  if (form.agent === '')
    problems.agent = 'Choose an agent.'
  if (form.timezone.trim() === '')
    problems.timezone = 'Name a time zone, such as Europe/Berlin or UTC.'
  const given = specOf(form)
  if (!given && problems.timezone === undefined)
    problems.when = MISSING[form.kind]
  if (!given || Object.keys(problems).length > 0)
    return { ok: false, problems }
  return { ok: true, draft: { agent: form.agent, ...given, overlap: form.overlap, catchUp: form.catchUp, task: form.task.trim(), inputs } }
}

const MISSING: Record<ScheduleForm['kind'], string> = {
  cron: 'Write five fields, such as 0 9 * * 1-5.',
  every: 'Expected a time such as 90s, 30m or 6h; a minute is the shortest.',
  at: 'Choose a day and a time.',
}

const UNITS = [['d', 86_400_000], ['h', 3_600_000], ['m', 60_000], ['s', 1000]] as const

/** `90m`: as it may be written in a manifest. */
function inOneUnit(ms: number): string {
  const [letter, size] = UNITS.find(([, size]) => ms % size === 0) ?? ['ms', 1]
  return `${ms / size}${letter}`
}

/** The moment as a field for day and time has it. */
function wallClock(at: string, timezone: string): string {
  const parts = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'short' }).format(new Date(at))
  return parts.replace(' ', 'T')
}
