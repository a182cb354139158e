import type { AgentOSOptions, FollowOptions, Input, SubmitRun } from './views.ts'
import { connect } from './connection.ts'
import { followRun } from './follow.ts'
import { waitForResult } from './result.ts'
import { followUsage } from './usage.ts'

export { AgentOSError } from './error.ts'
export type { RunResult } from './result.ts'
export type { AgentOSOptions, Approval, Budget, FollowOptions, Input, Run, RunEvent, RunUsage, RunUsageNow, Schedule, SetBudget, SubmitRun } from './views.ts'

export type AgentOS = ReturnType<typeof createAgentOS>

/**
 * A typed client for one server. Every call rejects with an `AgentOSError` whose message is for people and whose `code`
 * is tRPC's (`NOT_FOUND`, `BAD_REQUEST`, `UNAUTHORIZED`, ...; `UNREACHABLE` when no server answers).
 * @throws {AgentOSError} at once when `url` is no address
 */
export function createAgentOS(options: AgentOSOptions) {
  const connection = connect(options)
  const { call, trpc } = connection
  return {
    agents: {
      list: () => call(trpc.agents.list.query()),
      /** By name or by the beginning of an id. */
      get: (agent: string) => call(trpc.agents.get.query({ agent })),
      /** Stores a manifest; a new version when its text has changed. */
      save: (input: Input['agents']['save']) => call(trpc.agents.save.mutate(input)),
      /** What is wrong with a manifest, without storing it. */
      check: (source: string) => call(trpc.agents.check.mutate({ source })),
    },
    runs: {
      submit: (input: SubmitRun) => call(trpc.runs.submit.mutate(input)),
      get: (run: string) => call(trpc.runs.get.query({ run })),
      list: (input: Input['runs']['list'] = {}) => call(trpc.runs.list.query(input)),
      /** What is kept of a run beside its log; its bytes are at `path` of the server. */
      artifacts: (run: string) => call(trpc.runs.artifacts.query({ run })),
      /** Has its workspace kept as it is now, while it runs. */
      keepFiles: (run: string) => call(trpc.runs.keepFiles.mutate({ run })),
      stop: (run: string) => call(trpc.runs.stop.mutate({ run })),
      /** Says what became of the effect that a run waits for; `note` is told to a model. */
      settle: (run: string, as: Input['runs']['settle']['as'], options: Omit<Input['runs']['settle'], 'run' | 'as'> = {}) =>
        call(trpc.runs.settle.mutate({ run, as, ...options })),
      retry: (run: string) => call(trpc.runs.retry.mutate({ run })),
      /** Prune and retention leave it alone until it is released. */
      hold: (run: string) => call(trpc.runs.hold.mutate({ run })),
      release: (run: string) => call(trpc.runs.release.mutate({ run })),
      prune: (input: Input['runs']['prune']) => call(trpc.runs.prune.mutate(input)),
      /**
       * Each event of a run from `after` (0: the beginning), then live, until `run.ended`. It resumes by itself when the
       * connection or the server goes away: no gap, no duplicate.
       */
      follow: (run: string, options: FollowOptions = {}) => followRun(connection, run, options),
      /** What the run's processes use, about once a second while it runs here; it returns when the run has ended. */
      usage: (run: string, options: Omit<FollowOptions, 'after'> = {}) => followUsage(connection, run, options),
      /** The same of many runs at once, for a look: those that run, or of them the ones that are named by their ids. */
      usages: (input: Input['runs']['usages'] = {}) => call(trpc.runs.usages.query(input)),
      /** Waits until the run has ended; answers with the run and what it said last. */
      result: (run: string, options: { signal?: AbortSignal } = {}) => waitForResult(connection, run, options),
    },
    approvals: {
      /** What people are asked (pending), or were (decided); newest first. */
      list: (input: Input['approvals']['list'] = {}) => call(trpc.approvals.list.query(input)),
      /** By the beginning of its id, or of its run's. */
      get: (approval: string) => call(trpc.approvals.get.query({ approval })),
      /** `digest`: of the action that was seen. */
      decide: (input: Input['approvals']['decide']) => call(trpc.approvals.decide.mutate(input)),
      /** What is done without asking. */
      rules: () => call(trpc.approvals.rules.query()),
      removeRule: (rule: string) => call(trpc.approvals.removeRule.mutate({ rule })),
    },
    chats: {
      /** With an agent, or with a model alone; follow it like every run. */
      start: (input: Input['chats']['start']) => call(trpc.chats.start.mutate(input)),
      /** The next message, while it waits for one. */
      say: (chat: string, text: string) => call(trpc.chats.say.mutate({ chat, text })),
      end: (chat: string) => call(trpc.chats.end.mutate({ chat })),
      /** What was said, as a file: json, md or txt. */
      export: (chat: string, format: Input['chats']['export']['format'] = 'md') => call(trpc.chats.export.query({ chat, format })),
    },
    /** What may be spent on models; `list` says also what is spent of it. */
    budgets: {
      list: () => call(trpc.budgets.list.query()),
      /** One for each scope and period: what was set before is changed. */
      set: (input: Input['budgets']['set']) => call(trpc.budgets.set.mutate(input)),
      remove: (budget: string) => call(trpc.budgets.remove.mutate({ budget })),
    },
    /** Tokens and money; days in UTC, both included. */
    usage: {
      report: (input: Input['usage']['report']) => call(trpc.usage.report.query(input)),
      rows: (input: Input['usage']['rows']) => call(trpc.usage.rows.query(input)),
    },
    events: {
      /** A page of a run's log after a seq. */
      list: (input: Input['events']['list']) => call(trpc.events.list.query(input)),
    },
    schedules: {
      /** Each with its next ticks and its last ones; of one agent when it is named. */
      list: (agent?: string) => call(trpc.schedules.list.query(agent === undefined ? {} : { agent })),
      /** By the beginning of its id, or by the name of an agent that has one. */
      get: (schedule: string) => call(trpc.schedules.get.query({ schedule })),
      /** The next ticks of what is not stored yet. */
      preview: (input: Input['schedules']['preview']) => call(trpc.schedules.preview.query(input)),
      create: (input: Input['schedules']['create']) => call(trpc.schedules.create.mutate(input)),
      update: (input: Input['schedules']['update']) => call(trpc.schedules.update.mutate(input)),
      remove: (schedule: string) => call(trpc.schedules.remove.mutate({ schedule })),
      pause: (schedule: string) => call(trpc.schedules.pause.mutate({ schedule })),
      /** Nothing of the pause is caught up. */
      resume: (schedule: string) => call(trpc.schedules.resume.mutate({ schedule })),
      /** A run beside the ticks, at once. */
      runNow: (schedule: string) => call(trpc.schedules.runNow.mutate({ schedule })),
    },
    secrets: {
      /** Names and times; a value never comes back. */
      list: () => call(trpc.secrets.list.query()),
      /** Stores a value, or replaces it: for the runs that begin from now on. */
      set: (name: string, value: string) => call(trpc.secrets.set.mutate({ name, value })),
      remove: (name: string) => call(trpc.secrets.remove.mutate({ name })),
    },
    system: {
      overview: () => call(trpc.system.overview.query()),
      /** Every server and worker that is known. */
      workers: () => call(trpc.system.workers.query()),
      /** It takes no more runs; what it runs goes on. */
      drainWorker: (worker: string) => call(trpc.system.drainWorker.mutate({ worker })),
      me: () => call(trpc.system.me.query()),
      signInLink: () => call(trpc.system.signInLink.mutate()),
    },
    /** Closes the socket that follows runs; calls may still be made. */
    close: () => connection.close(),
  }
}
