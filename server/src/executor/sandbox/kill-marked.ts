import { setTimeout as delay } from 'node:timers/promises'
import { findMarked, listProcesses, signalProcess } from './processes.ts'

const SWEEP_MS = 20
const SWEEPS = 50

/** Kills all that carries a marker (`NAME=value`) in its environment, until a sweep finds none. Resolves with how many there were. */
export async function killMarked(marker: string): Promise<number> {
  const killed = new Set<number>()
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const found = findMarked(marker, listProcesses())
    if (found.length === 0)
      break
    for (const { pid } of found) {
      killed.add(pid)
      signalProcess(pid, 'SIGKILL')
    }
    await delay(SWEEP_MS)
  }
  return killed.size
}
