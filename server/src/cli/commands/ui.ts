import process from 'node:process'
import { CommandError } from '../failure.ts'
import { findServer } from '../local-server.ts'
import { serve } from './serve.ts'

/** A sign-in link of the server that runs; with none, serves one, which prints its own. */
export async function ui(options: { port?: string, host?: string }): Promise<void> {
  const server = await findServer()
  if (!server)
    return serve(options)
  const asked = options.port ?? options.host
  if (asked !== undefined && new URL(server.url).port !== options.port)
    throw new CommandError(`a server of this data folder runs at ${server.url} already; stop it first, or leave --port and --host out`)
  const { url } = await server.client.system.signInLink()
  process.stdout.write(`AgentOS runs at ${server.url}\nSign in with this one-time link: ${url}\n`)
  await server.client.close()
}
