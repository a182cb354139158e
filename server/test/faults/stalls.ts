import type { Ground } from './ground.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** A server that does not answer for so long stands still. */
const STALL_MS = 1_000
const EMPTY = fileURLToPath(new URL('./processes-of-its-own/empty-server.ts', import.meta.url))

/** Asks a server whether it lives, again and again, and an empty one beside it, and notes how long each took at most. */
export interface Stalls {
  /** Ends the watching. What an empty server took as well is the machine's, and on one that stands still for seconds so is as much again. */
  judge: (ground: Ground, when: string) => void
}

export async function watchStalls(ground: Ground, url: string): Promise<Stalls> {
  const empty = spawn(process.execPath, [EMPTY], { stdio: ['pipe', 'pipe', 'inherit'] })
  ground.onEnd(() => empty.kill('SIGKILL'))
  const [port] = await once(empty.stdout, 'data')
  let isOver = false
  const longest = async (address: string, note: (ms: number) => void): Promise<void> => {
    while (!isOver) {
      const askedAt = performance.now()
      await fetch(address, { signal: AbortSignal.timeout(30_000) }).then(response => response.text(), () => {})
      note(performance.now() - askedAt)
      await pause(50)
    }
  }
  let [serverMs, emptyMs] = [0, 0]
  void longest(`${url}/live`, ms => serverMs = Math.max(serverMs, ms))
  void longest(`http://127.0.0.1:${String(port).trim()}/`, ms => emptyMs = Math.max(emptyMs, ms))
  return {
    judge(ground, when) {
      isOver = true
      empty.kill('SIGKILL')
      ground.note(`the longest wait for an answer ${when}: ${serverMs.toFixed(0)} ms (an empty server beside it: ${emptyMs.toFixed(0)} ms)`)
      ground.must(serverMs - emptyMs < Math.max(STALL_MS, emptyMs), `it did not answer for ${serverMs.toFixed(0)} ms ${when}`)
    },
  }
}
