import { CommandError } from '../failure.ts'
import { findServer } from '../local-server.ts'
import { print } from '../print/out.ts'
import { serve } from './serve.ts'

/** A sign-in link of the server that runs; with none, serves one, which prints its own. */
export async function ui(options: { port?: string, host?: string }): Promise<void> {
  const server = await findServer()
  if (!server)
    return serve(options)
  try {
    const { port, hostname } = new URL(server.url)
    if ((options.port ?? port) !== port || (options.host ?? hostname) !== hostname)
      throw new CommandError(`a server runs at ${server.url} already, and a port or address is chosen at its start: stop it first, or leave --port and --host out`)
    const { url } = await server.client.system.signInLink()
    print(`AgentOS runs at                        ${server.url}\nSign in with this one-time link:       ${url}\n`)
  }
  finally {
    await server.close()
  }
}
