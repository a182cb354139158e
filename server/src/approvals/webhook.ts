import type { ApprovalView } from '../domain/views/approval.ts'
import type { Notifier } from '../events/notifier.ts'
import type { Database } from '../store/database.ts'
import { createHmac } from 'node:crypto'
import { getApproval } from '../store/approvals.ts'
import { settleNotice, takeNotices } from '../store/notices.ts'
import { createLookout } from './lookout.ts'

export interface WebhookOptions {
  db: Database
  notifier: Notifier
  url: string
  /** Of the signature. */
  secret: string
  /** Where people decide. */
  pageOf: (approval: ApprovalView) => string
  /** Somebody could not be told, and why. */
  warn: (error: unknown) => void
}

const MAX_TRIES = 10
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 600_000
const ANSWER_MS = 10_000
/** A server that is gone by then has told nobody. */
const TAKEN_MS = 30_000
const AT_ONCE = 8

/**
 * Tells somebody outside of each open question, at least once: what is to be told stands in the question's row until it has been.
 * No run waits for it.
 */
export function createWebhook(o: WebhookOptions): { start: () => void, stop: () => Promise<void> } {
  const stopped = new AbortController()
  const lookout = createLookout({
    ...o,
    async look() {
      const { taken, nextMs } = await takeNotices(o.db, { limit: AT_ONCE, maxTries: MAX_TRIES, againMs: TAKEN_MS })
      await Promise.all(taken.map(({ id, tries }) => tell(o, id, tries, stopped.signal)))
      return taken.length > 0 ? 0 : nextMs
    },
  })
  return {
    start: lookout.start,
    async stop() {
      stopped.abort()
      await lookout.stop()
    },
  }
}

async function tell(o: WebhookOptions, id: string, tries: number, signal: AbortSignal): Promise<void> {
  const approval = await getApproval(o.db, id)
  if (!approval || approval.state !== 'pending')
    return settleNotice(o.db, id, null)
  try {
    await post(o, approval, signal)
    await settleNotice(o.db, id, null)
  }
  catch (error) {
    if (signal.aborted)
      return // another server does, or this one when it is there again
    o.warn(error)
    await settleNotice(o.db, id, Math.min(FIRST_WAIT_MS * 2 ** (tries - 1), LONGEST_WAIT_MS))
  }
}

async function post({ url, secret, pageOf }: WebhookOptions, approval: ApprovalView, signal: AbortSignal): Promise<void> {
  const body = JSON.stringify({ type: 'approval.requested', approval, url: pageOf(approval) })
  const timestamp = String(Math.floor(Date.now() / 1000))
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    headers: {
      'content-type': 'application/json',
      'x-agentos-timestamp': timestamp,
      'x-agentos-signature': `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`,
    },
    body,
  })
  await response.body?.cancel() // nothing of the answer is read
  if (!response.ok)
    throw new Error(`the webhook for approvals answered ${response.status}`)
}
