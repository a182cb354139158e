import type { ManifestProblem } from '@agentos/server/domain/views/agent'
import type { RunView } from '@agentos/server/domain/views/run'
import type { ScheduleView } from '@agentos/server/domain/views/schedule'
import { defineStore } from 'pinia'
import { computed } from 'vue'
import { useApi } from '../api/client.ts'
import { explain, problemsOf } from '../api/explain.ts'
import { createLoadable } from './loadable.ts'
import { createThrottle } from './throttle.ts'
import { useWatch } from './watch.ts'

/** When an agent is to run by itself, as a person has put it together. */
export interface ScheduleDraft {
  agent: string
  /** `at`: wall-clock time of the zone. */
  spec: { cron: string } | { everyMs: number } | { at: string }
  timezone: string
  overlap: ScheduleView['overlap']
  catchUp: ScheduleView['catchUp']
  task: string
  inputs: ScheduleView['inputs']
}

export type Saved = { schedule: ScheduleView } | { schedule: null, problem: string, problems: ManifestProblem[] }

const INTERVAL_MS = 60_000

/** The schedules, those that come next first. Fetched again when their runs change, and now and then while somebody looks. */
export const useSchedules = defineStore('schedules', () => {
  const { schedules } = useApi().trpc
  const watch = useWatch()
  const { data, problem, busy, load } = createLoadable<ScheduleView[]>(() => schedules.list.query())
  const list = computed(() => data.value && [...data.value].sort(byNextTick))

  /** Keeps it fresh until the returned function is called. */
  function follow(): () => void {
    const refresh = createThrottle(() => void load(), 2000)
    const stopUpdates = watch.onUpdate((update, snapshot) => {
      if (snapshot || update.agentsChanged || update.schedulesChanged || update.runs.some(run => run.scheduleId !== null))
        refresh.call()
    })
    const timer = setInterval(() => document.hidden || refresh.call(), INTERVAL_MS)
    refresh.call()
    return () => {
      stopUpdates()
      clearInterval(timer)
      refresh.stop()
    }
  }

  /** Makes it, or changes the one of that id. */
  async function save(draft: ScheduleDraft, id: string | null): Promise<Saved> {
    const { agent, spec, ...rest } = draft
    try {
      const schedule = id === null
        ? await schedules.create.mutate({ agent, ...spec, ...rest })
        : await schedules.update.mutate({ schedule: id, ...spec, ...rest })
      await load()
      return { schedule }
    }
    catch (error) {
      return { schedule: null, problem: explain(error), problems: problemsOf(error) }
    }
  }

  async function act(change: () => Promise<unknown>): Promise<string | null> {
    try {
      await change()
      await load()
      return null
    }
    catch (error) {
      return explain(error)
    }
  }

  async function runNow(id: string): Promise<{ run: RunView } | { run: null, problem: string }> {
    try {
      return { run: await schedules.runNow.mutate({ schedule: id }) }
    }
    catch (error) {
      return { run: null, problem: explain(error) }
    }
  }

  return {
    list,
    problem,
    busy,
    load,
    follow,
    save,
    runNow,
    /** Each returns why it was refused, or null. */
    pause: (id: string) => act(() => schedules.pause.mutate({ schedule: id })),
    resume: (id: string) => act(() => schedules.resume.mutate({ schedule: id })),
    remove: (id: string) => act(() => schedules.remove.mutate({ schedule: id })),
  }
})

function byNextTick(one: ScheduleView, other: ScheduleView): number {
  return (one.nextTickAt ?? '9').localeCompare(other.nextTickAt ?? '9') || one.agentName.localeCompare(other.agentName)
}
