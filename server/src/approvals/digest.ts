import type { ApprovalKind } from '../domain/views/approval.ts'
import { createHash } from 'node:crypto'

/** An action to its last character: what is approved is this, and nothing that looks like it. */
export interface ExactAction {
  kind: ApprovalKind
  tool: string
  /** The command; the method and URL; the tool's input. Before redaction. */
  text: string
  /** Names of the secrets that it gets. */
  secrets: string[]
}

/** SHA-256, in hex, of the action written in one way only. */
export function digestOf({ kind, tool, text, secrets }: ExactAction): string {
  return createHash('sha256').update(JSON.stringify(['agentos-action-1', kind, tool, text, [...secrets].sort()])).digest('hex')
}
