import type { Check } from '../../checks/check.ts'
import type { Server } from '../local-server.ts'
import process from 'node:process'
import { checkIsolation, checkModels } from '../../checks/isolation.ts'
import { findServer } from '../local-server.ts'

/** What a server says of itself: how it answers, isolation, models; null when none runs. */
export async function checkRunningServer(): Promise<Check[] | null> {
  const named = process.env.AGENTOS_URL
  let server: Server | null = null
  try {
    server = await findServer()
    if (!server)
      return null
    const { database, sandbox, models } = await server.client.system.overview()
    const found = named ? `AGENTOS_URL, ${named}` : `runs at ${server.url}`
    return [
      { name: 'server', result: 'ok', found: `${found}; its database (${database.dialect}) answers in ${database.latencyMs.toFixed(1)} ms` },
      ...checkIsolation(sandbox),
      checkModels(models.configured, models.howTo),
    ]
  }
  catch (error) {
    return [{ name: 'server', result: 'error', found: (error as Error).message, mend: named ? 'check AGENTOS_URL and AGENTOS_API_KEY' : 'the log of the server says why' }]
  }
  finally {
    await server?.close()
  }
}
