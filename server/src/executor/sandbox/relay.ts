import type { SandboxSpec } from '../protocol/input.ts'
import { openSync, readFileSync } from 'node:fs'
import { RELAY_FILE } from '../../program-files.ts'
import { INSIDE } from './layout.ts'
import { quote } from './shell-script.ts'

/**
 * The server's own Node and the relay's text, taken while the executor may still read them: the user that it becomes may not
 * come to their folders. Inside, Node is started by its descriptor, so nothing of it is mounted.
 */
const NODE_FD = openSync(process.execPath, 'r')
const TEXT = readFileSync(RELAY_FILE, 'utf8')

/** Its number for the session's shell. */
const INSIDE_FD = 5

/** Three threads; with more, V8's and the inspector's, it would take as many of the run's processes. */
const FLAGS = ['--v8-pool-size=1', '--disable-sigusr1', '--max-old-space-size=32', '--max-semi-space-size=1', '--input-type=module']

export interface Relay {
  /** What the session's shell says first; it ends the shell when the relay cannot listen. */
  line: string
  /** Descriptors that the shell is started with, from 4 on. */
  stdio: ('ignore' | number)[]
}

/** What leads the ports to the sockets, which stand at `socketInside(index)`; null when there are none. */
export function relayFor(loopback: SandboxSpec['loopback']): Relay | null {
  if (loopback.length === 0)
    return null
  const doors = loopback.map(({ port }, index) => `${port}=${socketInside(index)}`)
  const words = [`/proc/self/fd/${INSIDE_FD}`, ...FLAGS, '-e', TEXT, '--', String(INSIDE_FD), ...doors].map(quote).join(' ')
  return {
    // The substitution ends when the relay, which goes on in the background, closes its end.
    line: `said=$(exec 3>&-;${words} </dev/null 2>&1 &);exec ${INSIDE_FD}>&-;[ "$said" = ok ]||{ echo "$said">&2;exit 1;};unset said;`,
    stdio: ['ignore', NODE_FD],
  }
}

export function socketInside(index: number): string {
  return `${INSIDE.sockets}/${index}.sock`
}
