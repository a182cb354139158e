/** The limit of fan-out: a ws server that broadcasts the messages it is given, and nothing else. Started by fan-out.ts. */
import { once } from 'node:events'
import process from 'node:process'
import { WebSocketServer } from 'ws'

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
await once(server, 'listening')
const address = server.address()
process.on('message', ({ messages }: { messages: string[] }) => void broadcast(messages))
process.send?.({ url: `ws://127.0.0.1:${typeof address === 'string' ? '' : address?.port}`, headers: {}, subscribe: null })

/** A turn of the loop between messages, as ours has between batches, so that the sockets are written out. */
async function broadcast(messages: string[]): Promise<void> {
  for (const message of messages) {
    for (const client of server.clients)
      client.send(message)
    await new Promise(resolve => setImmediate(resolve))
  }
}
