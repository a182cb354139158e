import type { RunEvent } from '@agentos/client'
import { pc } from './colour.ts'
import { plain } from './plain.ts'
import { formatBytes, formatLimit } from './quantity.ts'

/**
 * What a run met beside its steps, in a line: limits, the network, what was saved or left out; null for every other event. `hrefOf` says
 * where an artifact can be had.
 */
export function formatNote(event: RunEvent, hrefOf: (artifact: string) => string): string | null {
  switch (event.type) {
    case 'sandbox.opened':
      return pc.dim(`isolation: ${event.data.level} (${plain(event.data.by)})`) + networkOf(event.data.network)
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

/** An open network is a choice that should be seen; none is the rule. */
function networkOf(network: Extract<RunEvent, { type: 'sandbox.opened' }>['data']['network']): string {
  if (network === undefined || network === 'none')
    return ''
  return network === 'open' ? pc.yellow(' · network open') : pc.dim(` · network: ${network.map(plain).join(', ')}`)
}
