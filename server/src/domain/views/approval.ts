import type { ApprovalDecision } from '../run.ts'

/** Approvals, as programs and the page read them. Times are ISO 8601 strings in UTC; durations end in `Ms`, sizes in `Bytes`. */

/** What a person is asked, or was: may exactly this be done? */
export interface ApprovalView {
  id: string
  runId: string
  agentId: string
  agentName: string
  agentVersion: number
  step: number
  call: string | null
  kind: ApprovalKind
  tool: string
  title: string
  /** Exactly what is done, with `[secret NAME]` where a value of a secret stands. */
  action: string
  /** SHA-256 of the exact action; a decision has to carry it. */
  digest: string
  /** What of the manifest wants a person to be asked. */
  rule: string
  /** A process of the run waits for the answer. */
  isHeld: boolean
  /** pending: it may be decided. withdrawn: its run has ended without an answer. */
  state: 'pending' | 'withdrawn' | ApprovalDecision
  requestedAt: string
  /** Who started the run. */
  requestedBy: string
  expiresAt: string
  decidedAt: string | null
  decidedBy: string | null
  note: string | null
  /** When the run made use of the decision. */
  usedAt: string | null
}

export type ApprovalKind = 'shell' | 'files' | 'fetch' | 'mcp' | 'agent' | 'cost'

export interface ApprovalPage {
  approvals: ApprovalView[]
  /** Give it back as `before` for the next, older page; null on the last. */
  older: string | null
}

/** "Always for this agent": exactly this is done without asking. */
export interface ApprovalRuleView {
  id: string
  agentId: string
  agentName: string
  tool: string
  title: string
  action: string
  digest: string
  note: string | null
  createdAt: string
  createdBy: string
}
