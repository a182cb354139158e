import type { Socket } from 'node:net'
import { connect } from 'node:net'

const CONNECT_TIMEOUT_MS = 5_000
const MAX_TRIES = 4

/** A connection to the first address that answers; null when none does, or the client has gone meanwhile. */
export async function connectToFirst(addresses: string[], port: number, client: Socket): Promise<Socket | null> {
  for (const address of addresses.slice(0, MAX_TRIES)) {
    if (client.destroyed)
      return null
    const socket = await connectTo(address, port)
    if (socket && client.destroyed)
      socket.destroy()
    else if (socket)
      return socket
  }
  return null
}

/** Bytes both ways, at the pace of the slower side; either side may end first. When one is cut, so is the other. */
export function joinSockets(one: Socket, other: Socket): void {
  one.pipe(other).pipe(one)
  cutTogether(one, other)
  cutTogether(other, one)
}

function cutTogether(one: Socket, other: Socket): void {
  one.on('error', () => other.destroy())
  one.once('close', () => {
    // After both ends the other one may still have to write what it was given.
    if (!one.readableEnded || !one.writableFinished)
      other.destroy()
  })
}

function connectTo(host: string, port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true })
    const fail = () => {
      socket.destroy()
      resolve(null)
    }
    socket.setTimeout(CONNECT_TIMEOUT_MS, fail)
    socket.once('error', fail)
    socket.once('connect', () => {
      socket.off('error', fail).removeAllListeners('timeout')
      socket.on('error', () => {})
      resolve(socket)
    })
  })
}
