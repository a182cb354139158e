import type { AppRouter } from '@agentos/server/router'
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'

/** What goes into the server's procedures, and what comes out. */
export type Input = inferRouterInputs<AppRouter>
type Output = inferRouterOutputs<AppRouter>

export type Run = Output['runs']['get']
export type RunEvent = Output['events']['list'][number]
export type SubmitRun = Input['runs']['submit']

export interface AgentOSOptions {
  /** Where the server answers: `http://127.0.0.1:4700`. */
  url: string
  /** An API key, or the credential in the server's data folder. */
  apiKey: string
}
