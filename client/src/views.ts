import type { AppRouter } from '@agentos/server/router'
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'

/** What goes into the server's procedures, and what comes out. */
export type Input = inferRouterInputs<AppRouter>
type Output = inferRouterOutputs<AppRouter>

export type Approval = Output['approvals']['get']
export type Budget = Output['budgets']['list'][number]
export type SetBudget = Input['budgets']['set']
export type Run = Output['runs']['get']
export type RunEvent = Output['events']['list'][number]
/** What the processes of a run use now, and a moment before. */
export type RunUsageNow = Output['runs']['usages'][number]
export type RunUsage = RunUsageNow['usage']
export type Schedule = Output['schedules']['list'][number]
export type SubmitRun = Input['runs']['submit']

export interface AgentOSOptions {
  /** Where the server answers: `http://127.0.0.1:4700`. */
  url: string
  /** An API key, or the credential in the server's data folder. */
  apiKey: string
}

export interface FollowOptions {
  /** The seq after which to go on; 0, the beginning, when left out. */
  after?: number
  /** Ends the following; the run itself goes on. */
  signal?: AbortSignal
  /** Told when the connection is lost and when it is there again; what follows resumes by itself. */
  onConnection?: (isUp: boolean) => void
}
