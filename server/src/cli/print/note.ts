import type { RunEvent } from '@agentos/client'
import type { Unit } from '../../domain/budget.ts'
import { amountInWords } from '../../domain/budget-words.ts'
import { pc } from './colour.ts'
import { oneLine, plain } from './plain.ts'
import { formatBytes, formatLimit } from './quantity.ts'

/**
 * What a run met beside its steps, in a line: what it was resumed with, its agent's session, plan and changes, limits, the network, what
 * was saved or left out; null for every other event. `hrefOf` says where an artifact can be had.
 */
export function formatNote(event: RunEvent, hrefOf: (artifact: string) => string): string | null {
  switch (event.type) {
    case 'sandbox.opened':
      return pc.dim(`isolation: ${event.data.level} (${plain(event.data.by)})`) + networkOf(event.data.network)
    case 'message.sent':
      return `${pc.bold(`› ${plain(event.data.by)}`)} ${plain(event.data.text)}`
    case 'run.parked':
      return event.data.for === 'message'
        ? pc.dim(`⏸ ${plain(event.data.detail)}`)
        : pc.yellow(`⏸ waits for a person: ${plain(event.data.detail)} Answer with agentos ${event.data.for === 'approval' ? 'approve' : 'settle'}.`)
    case 'approval.requested':
      return pc.yellow(`? may it? ${plain(event.data.tool)} (rule ${plain(event.data.rule)}): ${oneLine(event.data.action, 200)}`)
        + pc.dim(`  agentos approve ${event.data.approval.slice(0, 10)}  (--always, --deny)`)
    case 'approval.decided':
      return pc.dim(event.data.as === 'expired' ? 'nobody answered in time' : `${DECIDED[event.data.as]} by ${plain(event.data.by)}${said(event.data.note)}`)
    case 'run.resumed':
      return pc.dim(`resumed: ${event.data.kept} kept, ${event.data.repeated} repeated, ${event.data.unknown} unknown${event.data.workspace === 'new' ? ', in a new workspace' : ''}${said(event.data.notice)}`)
    case 'effect.unknown':
      return pc.yellow(`? nobody knows how ${plain(event.data.name)} ended: ${oneLine(event.data.command, 120)}`)
    case 'effect.settled':
      return pc.dim(`settled as ${event.data.as} by ${plain(event.data.by)}${said(event.data.note)}`)
    case 'agent.session':
      return sessionLine(event.data)
    case 'agent.plan':
      return planLine(event.data.entries)
    case 'agent.diff':
      return pc.dim(`  ± ${oneLine(event.data.path, 120)}`)
    case 'network.denied':
      return pc.yellow(`! no connection to ${plain(event.data.host)}:${event.data.port}: ${plain(event.data.reason)}`)
    case 'limit.approached':
      return pc.yellow(`! near its limit, ${formatLimit(event.data)}`)
    case 'limit.reached':
      return pc.red(`limit reached: ${formatLimit(event.data)}`)
    case 'budget.approached':
      return pc.yellow(`! near its limit, ${budgetLine(event.data)}`)
    case 'budget.reached':
      return pc.red(`budget exhausted: ${budgetLine(event.data)}`)
    case 'output.cut':
      return pc.yellow(`… ${formatBytes(event.data.droppedBytes)} of output were left out (limit ${formatBytes(event.data.allowedBytes)})`)
    case 'artifact.saved':
      return pc.dim(`saved ${plain(event.data.name)} (${formatBytes(event.data.sizeBytes)}${event.data.isWhole ? '' : ', cut'}): ${hrefOf(event.data.name)}`)
    case 'artifact.lost':
      return pc.yellow(`! ${plain(event.data.name)} could not be saved: ${plain(event.data.detail)}`)
    default:
      return null
  }
}

const DECIDED = { once: 'approved', always: 'approved for always', deny: 'denied' } as const

function said(text: string | undefined): string {
  return text === undefined ? '' : `: ${plain(text)}`
}

function sessionLine({ agent, session, mode }: Extract<RunEvent, { type: 'agent.session' }>['data']): string {
  return pc.dim(`agent: ${oneLine(agent, 80)}, session ${oneLine(session, 80)}${mode === undefined ? '' : `, mode ${oneLine(mode, 40)}`}`)
}

function planLine(entries: Extract<RunEvent, { type: 'agent.plan' }>['data']['entries']): string {
  const done = entries.filter(({ status }) => status === 'completed').length
  const now = entries.find(({ status }) => status === 'in_progress')
  return pc.dim(`  plan: ${done} of ${entries.length} done${now ? `; now: ${oneLine(now.content, 100)}` : ''}`)
}

/** An open network is a choice that should be seen; none is the rule. */
function networkOf(network: Extract<RunEvent, { type: 'sandbox.opened' }>['data']['network']): string {
  if (network === undefined || network === 'none')
    return ''
  return network === 'open' ? pc.yellow(' · network open') : pc.dim(` · network: ${network.map(plain).join(', ')}`)
}

function budgetLine({ budget, unit, spent, held, allowed }: { budget: string, unit: Unit, spent: number, held: number, allowed: number }): string {
  return `${budget}: ${amountInWords(unit, spent)} of ${amountInWords(unit, allowed)}${held > 0 ? `, and ${amountInWords(unit, held)} held` : ''}`
}
