import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import { agents } from './agents.ts'
import { events } from './events.ts'
import { runs } from './runs.ts'
import { schedules } from './schedules.ts'
import { secrets } from './secrets.ts'
import { system } from './system.ts'
import { router } from './trpc.ts'
import { workspaces } from './workspaces.ts'

export const appRouter = router({ agents, runs, events, schedules, secrets, system, workspaces })

export type AppRouter = typeof appRouter
export type RouterInputs = inferRouterInputs<AppRouter>
export type RouterOutputs = inferRouterOutputs<AppRouter>
