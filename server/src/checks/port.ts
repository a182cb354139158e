import type { Check } from './check.ts'
import { createServer } from 'node:net'

export async function checkPort({ port, host }: { port: number, host: string }): Promise<Check> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => resolve({
      name: 'port',
      result: 'error',
      found: `${host}:${port}: ${error.code === 'EADDRINUSE' ? 'another program listens there' : error.message}`,
      mend: 'stop that program, or set AGENTOS_PORT',
    }))
    probe.listen(port, host, () => probe.close(() => resolve({ name: 'port', result: 'ok', found: port === 0 ? 'any free one' : `${host}:${port} is free` })))
  })
}
