import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import type { Connection } from '../router/context.ts'

/** What may wait to be sent on one socket, in bytes. Beyond it, subscriptions wait and no more is read. */
const WAITING_BYTES = 512 * 1024
/** What a subscription may add once it is let through; follow-log.ts cuts its batches to about this. */
const BATCH_BYTES = 256 * 1024
const SUBSCRIPTIONS = 64

/**
 * One reader. tRPC sends without looking at how much is waiting, so whoever writes asks here first: a reader that has stopped
 * reading makes its own subscriptions wait and costs a bounded amount of memory.
 */
export function createConnection(ws: WebSocket, socket: Socket): Connection {
  const line = new Set<() => void>()
  let subscriptions = 0
  let granted = 0

  ws.on('message', () => {
    // The answers of a client that asks and asks and reads nothing would fill memory just as well.
    if (ws.bufferedAmount > WAITING_BYTES)
      ws.pause()
  })
  socket.on('drain', () => {
    if (ws.isPaused)
      ws.resume()
    wake()
  })
  ws.on('close', () => {
    for (const go of line)
      go()
    line.clear()
  })

  function hasRoom(): boolean {
    return ws.bufferedAmount + granted * BATCH_BYTES <= WAITING_BYTES
  }

  /** What was granted has been handed to the socket by the next turn of the loop, and is in its own count from then on. */
  function grant(): void {
    if (granted++ === 0)
      setImmediate(settle)
  }

  function settle(): void {
    granted = 0
    wake()
  }

  function wake(): void {
    for (const go of line) {
      if (!hasRoom())
        return
      line.delete(go)
      grant()
      go()
    }
  }

  return {
    subscribe() {
      if (subscriptions >= SUBSCRIPTIONS)
        return null
      subscriptions++
      let isOpen = true
      return () => {
        if (isOpen)
          subscriptions--
        isOpen = false
      }
    },

    async drained(signal) {
      if (line.size === 0 && hasRoom()) {
        grant()
        return
      }
      if (signal.aborted || ws.readyState !== ws.OPEN)
        return
      await new Promise<void>((resolve) => {
        const go = () => {
          line.delete(go)
          signal.removeEventListener('abort', go)
          resolve()
        }
        line.add(go)
        signal.addEventListener('abort', go)
      })
    },
  }
}
