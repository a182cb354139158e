import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import { agents } from './agents.ts'
import { approvals } from './approvals.ts'
import { budgets } from './budgets.ts'
import { chats } from './chats.ts'
import { events } from './events.ts'
import { models } from './models.ts'
import { runs } from './runs.ts'
import { schedules } from './schedules.ts'
import { secrets } from './secrets.ts'
import { system } from './system.ts'
import { router } from './trpc.ts'
import { usage } from './usage.ts'
import { workspaces } from './workspaces.ts'

export const appRouter = router({ agents, approvals, budgets, runs, chats, events, models, schedules, secrets, system, usage, workspaces })

export type AppRouter = typeof appRouter
export type RouterInputs = inferRouterInputs<AppRouter>
export type RouterOutputs = inferRouterOutputs<AppRouter>
