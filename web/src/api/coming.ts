import type { RunView, ScheduleView } from '@agentos/server/domain/views'

/** Procedures that the router has on another branch; goes when they are here. */
export interface Coming {
  schedules: {
    list: Query<void, ScheduleView[]>
    preview: Query<Spec, { ticks: string[] }>
    create: Mutation<Spec & Rest & { agent: string }, ScheduleView>
    update: Mutation<Spec & Rest & { schedule: string }, ScheduleView>
    remove: Mutation<{ schedule: string }, unknown>
    pause: Mutation<{ schedule: string }, ScheduleView>
    resume: Mutation<{ schedule: string }, ScheduleView>
    runNow: Mutation<{ schedule: string }, RunView>
  }
}

interface Query<I, O> { query: (input: I) => Promise<O> }
interface Mutation<I, O> { mutate: (input: I) => Promise<O> }
interface Spec { cron?: string, everyMs?: number, at?: string, timezone: string }
interface Rest { overlap: ScheduleView['overlap'], catchUp: ScheduleView['catchUp'], task: string, inputs: ScheduleView['inputs'] }
