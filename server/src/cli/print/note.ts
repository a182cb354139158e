import type { RunEvent } from '@agentos/client'
import { pc } from './colour.ts'
import { oneLine, plain } from './plain.ts'
import { formatBytes, formatLimit } from './quantity.ts'

/**
 * What a run met beside its steps, in a line: what it was resumed with, limits, the network, what was saved or left out; null for every
 * other event. `hrefOf` says where an artifact can be had.
 */
export function formatNote(event: RunEvent, hrefOf: (artifact: string) => string): string | null {
  switch (event.type) {
    case 'sandbox.opened':
      return pc.dim(`isolation: ${event.data.level} (${plain(event.data.by)})`) + networkOf(event.data.network)
    case 'run.parked':
      return pc.yellow(`⏸ waits for a person: ${plain(event.data.detail)} Answer with agentos settle.`)
    case 'run.resumed':
      return pc.dim(`resumed: ${event.data.kept} kept, ${event.data.repeated} repeated, ${event.data.unknown} unknown${event.data.workspace === 'new' ? ', in a new workspace' : ''}${said(event.data.notice)}`)
    case 'effect.unknown':
      return pc.yellow(`? nobody knows how ${plain(event.data.name)} ended: ${oneLine(event.data.command, 120)}`)
    case 'effect.settled':
      return pc.dim(`settled as ${event.data.as} by ${plain(event.data.by)}${said(event.data.note)}`)
    case 'network.denied':
      return pc.yellow(`! no connection to ${plain(event.data.host)}:${event.data.port}: ${plain(event.data.reason)}`)
    case 'limit.approached':
      return pc.yellow(`! near its limit, ${formatLimit(event.data)}`)
    case 'limit.reached':
      return pc.red(`limit reached: ${formatLimit(event.data)}`)
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

function said(text: string | undefined): string {
  return text === undefined ? '' : `: ${plain(text)}`
}

/** An open network is a choice that should be seen; none is the rule. */
function networkOf(network: Extract<RunEvent, { type: 'sandbox.opened' }>['data']['network']): string {
  if (network === undefined || network === 'none')
    return ''
  return network === 'open' ? pc.yellow(' · network open') : pc.dim(` · network: ${network.map(plain).join(', ')}`)
}
