import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'

/** What a measured server says first: where it is, and what a viewer sends to see the log. */
export interface Hello { url: string, headers: Record<string, string>, subscribe: string | null }

export interface MeasuredServer {
  hello: Hello
  tell: (order: object) => void
  /** Resolves to the next thing that it says. */
  ask: (order: object) => Promise<unknown>
  stop: () => Promise<void>
}

/** A script of this folder as a process of its own, once it has said hello. */
export async function startMeasured(script: string, args: string[]): Promise<MeasuredServer> {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const exited = once(child, 'exit')
  const ended = exited.then(([code]) => { throw new Error(`the measured server ended with exit code ${code}`) })
  ended.catch(() => {})
  const said = async () => (await Promise.race([once(child, 'message'), ended]))[0] as unknown // a message has a value
  return {
    hello: await said() as Hello, // the first message of each of these scripts
    tell: order => void child.send(order),
    ask(order) {
      const answer = said()
      child.send(order)
      return answer
    },
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

export async function openViewer({ url, headers, subscribe }: Hello, onMessage: (text: string) => void): Promise<WebSocket> {
  const socket = new WebSocket(url, { headers, perMessageDeflate: false })
  socket.on('message', data => onMessage(String(data)))
  await once(socket, 'open')
  if (subscribe)
    socket.send(subscribe)
  return socket
}

/** Without parsing what need not be: each event carries its type once. */
export function countEvents(text: string): number {
  let count = 0
  for (let at = text.indexOf('"type":"step.output"'); at !== -1; at = text.indexOf('"type":"step.output"', at + 1))
    count++
  return count
}
