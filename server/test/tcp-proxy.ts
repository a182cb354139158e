import type { AddressInfo, Socket } from 'node:net'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

export interface TcpProxy {
  /** The target's, by way of here. */
  url: string
  /** Every connection is ended, and new ones are refused at once. */
  cut: () => void
  heal: () => void
  close: () => Promise<void>
}

/** Stands between a process and its database, so that the database can be away for that process alone. */
export async function openTcpProxy(target: URL): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer((near) => {
    if (isCut)
      return near.destroy()
    const far = connect(Number(target.port), target.hostname)
    for (const [socket, peer] of [[near, far], [far, near]] as const) {
      sockets.add(socket)
      socket.on('error', () => {}) // its end is what counts
      socket.on('close', () => {
        sockets.delete(socket)
        peer.destroy()
      })
      socket.pipe(peer)
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = new URL(target)
  url.port = String((server.address() as AddressInfo).port) // it listens on TCP
  const destroyAll = () => sockets.forEach(socket => socket.destroy())
  return {
    url: url.href,
    cut() {
      isCut = true
      destroyAll()
    },
    heal: () => void (isCut = false),
    async close() {
      destroyAll()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
