import type { Server } from 'node:http'

/** The message is one line that says which port and what to do. */
export class ListenError extends Error {
  override name = 'ListenError'
}

/** @throws {ListenError} */
export async function listen(server: Server, { host, port }: { host: string, port: number }): Promise<void> {
  const failed = Promise.withResolvers<never>()
  server.once('error', failed.reject)
  try {
    await Promise.race([failed.promise, new Promise<void>(resolve => server.listen({ host, port }, resolve))])
  }
  catch (error) {
    throw new ListenError(explain((error as NodeJS.ErrnoException).code, host, port), { cause: error })
  }
  finally {
    server.off('error', failed.reject)
  }
}

function explain(code: string | undefined, host: string, port: number): string {
  switch (code) {
    case 'EADDRINUSE': return `port ${port} on ${host} is in use: stop what listens there, or set AGENTOS_PORT to another port`
    case 'EACCES': return `port ${port} may not be used by this user: set AGENTOS_PORT to one above 1023`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND': return `${host} is not an address of this machine: set AGENTOS_HOST to one that is, or to 127.0.0.1`
    default: return `cannot listen on ${host} port ${port} (${code}): set AGENTOS_HOST and AGENTOS_PORT to what can be used`
  }
}
