import type { RunView } from '../domain/views/run.ts'
import type { ScheduleView } from '../domain/views/schedule.ts'
import type { ScheduleRow } from '../store/schedules.ts'
import { z } from 'zod'
import { nextTick, ticksFrom } from '../domain/schedule.ts'
import { toScheduleViews } from '../schedules/schedule-view.ts'
import { getAgentVersion } from '../store/agents.ts'
import { clockMs, insertSchedule, listSchedules, MOST_SCHEDULES, pauseSchedule, removeSchedule, resumeSchedule, updateSchedule } from '../store/schedules.ts'
import { badRequest, refused } from './fault.ts'
import { agentNamed, scheduleNamed } from './find.ts'
import { word } from './inputs.ts'
import { checkInputs, readTiming, readWords, scheduleWords, timing } from './schedule-words.ts'
import { submitRun } from './submit-run.ts'
import { procedure, router } from './trpc.ts'

const PREVIEW = 5

export const schedules = router({
  /** By agent. Each with its next ticks and its last ones. */
  list: procedure
    .input(z.object({ agent: word.optional() }).default({}))
    .query(async ({ ctx, input }): Promise<ScheduleView[]> => {
      const agentId = input.agent === undefined ? undefined : (await agentNamed(ctx, input.agent)).id
      return toScheduleViews(ctx.db, await listSchedules(ctx.db, ctx.actor.organisationId, agentId))
    }),

  get: procedure
    .input(z.object({ schedule: word }))
    .query(async ({ ctx, input }): Promise<ScheduleView> => viewOf(ctx, await scheduleNamed(ctx, input.schedule))),

  /** The next ticks of what is not stored yet, or why there is none. */
  preview: procedure
    .input(timing)
    .query(async ({ ctx, input }): Promise<{ ticks: string[] }> => {
      const read = readTiming(input)
      return { ticks: ticksFrom(read, nextTick(read, await clockMs(ctx.db)), PREVIEW).map(atMs => new Date(atMs).toISOString()) }
    }),

  create: procedure
    .input(scheduleWords.extend({ agent: word }))
    .mutation(async ({ ctx, input }): Promise<ScheduleView> => {
      const agent = await agentNamed(ctx, input.agent)
      const words = readWords(input, null)
      checkInputs(agent.manifest, words.inputs)
      await mustCome(ctx, words)
      if ((await listSchedules(ctx.db, ctx.actor.organisationId)).length >= MOST_SCHEDULES)
        throw refused(`there are ${MOST_SCHEDULES} schedules already: remove some first`)
      const id = await insertSchedule(ctx.db, { actor: ctx.actor, agentId: agent.id, ...words })
      ctx.notifier.schedulesChanged()
      return viewOf(ctx, await scheduleNamed(ctx, id))
    }),

  /** What is left out stays as it was; a time that is given takes the place of the one before. */
  update: procedure
    .input(scheduleWords.partial().extend({ schedule: word }))
    .mutation(async ({ ctx, input: { schedule, ...given } }): Promise<ScheduleView> => {
      const row = await ownSchedule(ctx, schedule, 'changed')
      const words = readWords(given, row)
      const agent = await getAgentVersion(ctx.db, row.agentId, row.agentVersion)
      if (agent)
        checkInputs(agent.manifest, words.inputs)
      if (given.cron !== undefined || given.everyMs !== undefined || given.at !== undefined)
        await mustCome(ctx, words)
      await updateSchedule(ctx.db, row, words)
      ctx.notifier.schedulesChanged()
      return viewOf(ctx, await scheduleNamed(ctx, row.id))
    }),

  /** With its history; its runs stay. */
  remove: procedure
    .input(z.object({ schedule: word }))
    .mutation(async ({ ctx, input }): Promise<{ id: string }> => {
      const { id } = await ownSchedule(ctx, input.schedule, 'removed')
      await removeSchedule(ctx.db, id)
      ctx.notifier.schedulesChanged()
      return { id }
    }),

  pause: procedure
    .input(z.object({ schedule: word }))
    .mutation(async ({ ctx, input }): Promise<ScheduleView> => {
      const { id } = await scheduleNamed(ctx, input.schedule)
      await pauseSchedule(ctx.db, id)
      ctx.notifier.schedulesChanged()
      return viewOf(ctx, await scheduleNamed(ctx, id))
    }),

  /** Nothing of the pause is caught up. */
  resume: procedure
    .input(z.object({ schedule: word }))
    .mutation(async ({ ctx, input }): Promise<ScheduleView> => {
      const row = await scheduleNamed(ctx, input.schedule)
      await resumeSchedule(ctx.db, row)
      ctx.notifier.schedulesChanged()
      return viewOf(ctx, await scheduleNamed(ctx, row.id))
    }),

  /** A run beside the ticks, at once, whatever else runs; the next tick finds it like any other run of the schedule. */
  runNow: procedure
    .input(z.object({ schedule: word }))
    .mutation(async ({ ctx, input }): Promise<RunView> => {
      const { id, agentId, task, inputs } = await scheduleNamed(ctx, input.schedule)
      const run = await submitRun(ctx, { agent: agentId, task, inputs, scheduleId: id })
      ctx.notifier.schedulesChanged()
      return run
    }),
})

type Asking = Parameters<typeof scheduleNamed>[0]

async function viewOf({ db }: Pick<Asking, 'db'>, row: ScheduleRow): Promise<ScheduleView> {
  const [view] = await toScheduleViews(db, [row])
  return view! // one row in, one view out
}

/** A manifest's schedule is the manifest's to change: it would be as before when that is saved again. */
async function ownSchedule(asking: Asking, word: string, done: 'changed' | 'removed'): Promise<ScheduleRow> {
  const row = await scheduleNamed(asking, word)
  if (row.source === 'manifest')
    throw refused(`the schedule of ${row.agentName} comes with its manifest and cannot be ${done} here: change schedule: in the manifest, or pause it`)
  return row
}

async function mustCome({ db }: Pick<Asking, 'db'>, words: Parameters<typeof nextTick>[0]): Promise<void> {
  if (nextTick(words, await clockMs(db)) === null)
    throw badRequest('at: expected a moment that is still to come')
}
