import type { Socket } from 'node:net'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

export interface Cable {
  /** The end for the browser. */
  url: string
  /** Joins it to a server. */
  plugInto: (port: number) => void
  /** Cuts every connection that is open now and refuses new ones until it is joined again. */
  cut: () => void
  join: () => void
  close: () => Promise<void>
}

/** A TCP relay between browser and server that a test can cut. */
export async function layCable(): Promise<Cable> {
  const open = new Set<Socket>()
  let isCut = false
  let port = 0
  const relay = createServer((near) => {
    if (isCut)
      return void near.destroy()
    const far = connect(port, '127.0.0.1')
    for (const [socket, other] of [[near, far], [far, near]] as const) {
      open.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        open.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  }).listen(0, '127.0.0.1')
  await once(relay, 'listening')
  const address = relay.address()
  const cut = () => {
    isCut = true
    for (const socket of open)
      socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    plugInto: to => void (port = to),
    cut,
    join: () => { isCut = false },
    close: async () => {
      cut()
      relay.close()
      await once(relay, 'close')
    },
  }
}
