import type { RunEvent } from '../domain/event.ts'
import type { TrackedBatch } from './follow-log.ts'
import { z } from 'zod'
import { readEvents } from '../store/events.ts'
import { badRequest } from './fault.ts'
import { runNamed } from './find.ts'
import { followLog } from './follow-log.ts'
import { after, lastEventId, word } from './inputs.ts'
import { liveProcedure, procedure, router } from './trpc.ts'

const PAGE_SIZE = 1000

export const events = router({
  /** One page of a run's log, oldest first, after the cursor. */
  list: procedure
    .input(z.object({ runId: word, after: after.optional(), limit: z.int().min(1).max(5000).optional() }))
    .query(async ({ ctx, input }): Promise<RunEvent[]> => {
      const run = await runNamed(ctx, input.runId)
      return readEvents(ctx.db, run.id, { after: input.after ?? 0, limit: input.limit ?? PAGE_SIZE })
    }),

  /**
   * The log after the cursor and then live, in batches: no gap, no duplicate. Each batch's id is its last seq; a client that
   * comes back gives it as `lastEventId`. Ends after `run.ended`.
   */
  follow: liveProcedure
    .input(z.object({ runId: word, after: after.optional(), lastEventId: lastEventId.optional() }))
    .subscription(async ({ ctx, input, signal }): Promise<AsyncGenerator<TrackedBatch>> => {
      const run = await ctx.replay.pass(() => runNamed(ctx, input.runId))
      const cursor = input.lastEventId ?? input.after ?? 0
      if (cursor > run.lastSeq)
        throw badRequest(`cursor ${cursor} is beyond the end of run ${run.id}, whose last event is ${run.lastSeq}`)
      return followLog(ctx, run, cursor, signal!) // a subscription has one
    }),
})
