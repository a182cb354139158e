import type { IsolationLevel } from '../run.ts'
import type { Manifest } from './manifest.ts'

/** Nothing of the run can reach out. */
export function isWalled(network: Manifest['network'], level: IsolationLevel): boolean {
  return network === 'none' && (level === 'sandbox' || level === 'container')
}
