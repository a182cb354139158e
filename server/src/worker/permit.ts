import type { Ask, Question } from '../approvals/of-run.ts'
import type { Decision, Manifest } from '../domain/manifest/manifest.ts'
import type { Redactor } from '../domain/redact/redactor.ts'
import type { IsolationLevel } from '../domain/run.ts'
import type { WaitingForApproval } from '../domain/views/run.ts'
import { digestOf } from '../approvals/digest.ts'
import { isWalled } from '../domain/manifest/walled.ts'
import { decide } from '../domain/policy/decide.ts'

/** Something that an agent wants to do, as exactly as it will be done. */
export interface Action {
  step: number
  /** Of a model's tool call; null for a step of a script. */
  call: string | null
  kind: 'shell' | 'files' | 'fetch' | 'mcp' | 'agent' | 'cost'
  /** The tool's name: `shell`, `write_file`, `fetch`, `search__find`. */
  tool: string
  title: string
  /** The command; the method and URL; the server, the tool and its input. */
  text: string
  /** What of it is a shell line, when that is not all of it. */
  command?: string
  /** Secrets that it gets, by name. */
  secrets?: string[]
  /** Whether the run can give its process back while it waits for a person. */
  canPark: boolean
}

export type Permission
  = | { verdict: 'allow' }
    | { verdict: 'deny', reason: string, rule: string }
    | { verdict: 'park' }

/** Holds an action against the manifest's rules and against what people have said. */
export type Permit = (action: Action) => Promise<Permission>

export interface PermitOptions {
  manifest: Pick<Manifest, 'commands' | 'approvals' | 'network'>
  level: IsolationLevel
  programNames: Parameters<typeof decide>[2]
  ask: Ask
  redactor: Pick<Redactor, 'text'>
  /** The run waits, and is to be parked when its loop has ended. */
  onPark: (waitingFor: WaitingForApproval) => void
  /** Nobody has answered in time: the run ends. */
  onExpired: (detail: string) => void
}

/** What a person cannot read through before saying yes. */
const MAX_CHARACTERS = 100_000
const MAX_TITLE = 200

/** File tools that change something. */
const WRITES = new Set(['write_file', 'edit_file'])

export function createPermit(o: PermitOptions): Permit {
  return async (action) => {
    const policy = policyOf(action, o)
    if (policy.verdict !== 'ask')
      return policy
    const { rule, why } = policy
    if (action.text.length > MAX_CHARACTERS)
      return { verdict: 'deny', rule, reason: `${why}, and nobody can read through ${action.text.length} characters: make it shorter than ${MAX_CHARACTERS}, or do it in parts` }
    const question = questionOf(action, rule, o.redactor)
    const answer = await o.ask(question)
    switch (answer.as) {
      case 'once':
      case 'always':
        return { verdict: 'allow' }
      case 'deny':
        return { verdict: 'deny', rule, reason: `${answer.by} said no${answer.note === null ? '' : `: ${answer.note}`}` }
      case 'expired':
        o.onExpired(`Nobody answered in time: ${question.title}`)
        return { verdict: 'deny', rule, reason: 'nobody answered in time' }
      case 'pending':
        o.onPark(answer.waitingFor)
        return { verdict: 'park' }
    }
  }
}

type Policy = Exclude<Permission, { verdict: 'park' }> | { verdict: 'ask', rule: string, why: string }

/** Of what forbids, asks and allows, the strictest. */
function policyOf(action: Action, o: PermitOptions): Policy {
  const byRules = hasCommand(action) ? decide(action.command ?? action.text, o.manifest.commands, o.programNames) : { verdict: 'allow' as const }
  if (byRules.verdict === 'deny')
    return { verdict: 'deny', rule: byRules.rule, reason: byRules.why }
  const { key, decision } = approvalOf(action, o)
  if (decision === 'deny')
    return { verdict: 'deny', rule: key, reason: `${key}: deny of the manifest forbids it` }
  if (byRules.verdict === 'ask')
    return { verdict: 'ask', rule: byRules.rule, why: byRules.why }
  return decision === 'ask' ? { verdict: 'ask', rule: key, why: `${key} wants a person to be asked` } : { verdict: 'allow' }
}

/** Of another agent's actions only those are commands that it calls so. */
function hasCommand({ kind, tool }: Action): boolean {
  return kind === 'shell' || kind === 'files' || (kind === 'agent' && tool === 'execute')
}

/** The steps of a script are its author's own: only `commands` asks about those. */
function approvalOf({ kind, tool, call }: Action, { manifest, level }: PermitOptions): { key: string, decision: Decision } {
  const { approvals, network } = manifest
  switch (kind) {
    case 'shell':
      return { key: 'approvals.shell', decision: call === null ? 'auto' : approvals.shell ?? (isWalled(network, level) ? 'auto' : 'ask') }
    case 'files':
      return { key: 'approvals.files', decision: WRITES.has(tool) ? approvals.files ?? 'auto' : 'auto' }
    case 'agent':
      return { key: 'approvals.agent', decision: approvals.agent ?? 'ask' } // a manifest that was saved before there was this key has none
    case 'fetch':
      return { key: 'approvals.fetch', decision: approvals.fetch }
    case 'mcp':
      return { key: 'approvals.mcp', decision: approvals.mcp }
    case 'cost':
      return { key: 'approvals.cost', decision: 'ask' }
  }
}

/** The digest is of the action as it is; what is stored and shown has no secret in it. */
function questionOf({ step, call, kind, tool, title, text, secrets = [], canPark }: Action, rule: string, redactor: Pick<Redactor, 'text'>): Question {
  const line = redactor.text(title).replaceAll(/\s+/g, ' ').trim()
  return {
    step,
    call,
    kind,
    tool,
    title: line.length > MAX_TITLE ? `${line.slice(0, MAX_TITLE - 1)}…` : line,
    action: redactor.text(text),
    digest: digestOf({ kind, tool, text, secrets }),
    rule,
    canPark,
    isLasting: kind === 'cost',
  }
}
