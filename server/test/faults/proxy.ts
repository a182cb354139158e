import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/** Stands between two who speak TCP, and does what networks do. */
export interface Proxy {
  port: number
  /** How many connections it has ended. */
  cuts: () => number
  /** Ends all of them at once, without a word. */
  cutAll: () => void
  /** Nothing passes any more in either direction, and nobody is told. */
  freeze: () => void
  stop: () => Promise<void>
}

/** `judge` sees each piece that comes from the client: `before` loses it, `after` lets it pass and loses the answer. */
export async function startProxy(target: { host: string, port: number }, judge: (piece: Buffer) => 'pass' | 'before' | 'after' = () => 'pass'): Promise<Proxy> {
  /** Each ends one connection, both halves of it. */
  const open = new Set<() => void>()
  let isFrozen = false
  let cuts = 0
  const server = createServer((client) => {
    const upstream = connect(target)
    let isDeaf = false
    const end = (): void => {
      open.delete(end)
      client.destroy()
      upstream.destroy()
    }
    open.add(end)
    const cut = (): void => {
      cuts++
      end()
    }
    for (const socket of [client, upstream]) {
      socket.on('error', () => {})
      socket.on('close', () => isFrozen || end())
    }
    client.on('data', (piece) => {
      if (isFrozen)
        return
      const verdict = judge(piece)
      if (verdict === 'before')
        return cut()
      if (verdict === 'after') {
        isDeaf = true
        upstream.write(piece)
        return
      }
      if (!upstream.write(piece)) {
        client.pause()
        upstream.once('drain', () => client.resume())
      }
    })
    upstream.on('data', (piece) => {
      if (isFrozen)
        return
      if (isDeaf)
        return cut() // it was done, and nobody hears of it
      if (!client.write(piece)) {
        upstream.pause()
        client.once('drain', () => upstream.resume())
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number } // a TCP server's address
  return {
    port,
    cuts: () => cuts,
    cutAll() {
      cuts += open.size
      open.forEach(end => end())
    },
    freeze: () => void (isFrozen = true),
    async stop() {
      open.forEach(end => end())
      server.close()
      await once(server, 'close')
    },
  }
}
