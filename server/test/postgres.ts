import type { TestProject } from 'vitest/node'
import { startTemporaryPostgres } from '../src/store/develop/temporary-postgres.ts'

declare module 'vitest' {
  interface ProvidedContext { postgresUrl: string }
}

/**
 * One PostgreSQL for all test files of the server; each of them makes its own database on it (`freshDatabase`). Where none can be
 * started the tests that want it say why, and the others run.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | void> { // vitest asks for a default export
  try {
    const postgres = await startTemporaryPostgres({ durable: false })
    project.provide('postgresUrl', postgres.url)
    return postgres.stop
  }
  catch (error) {
    project.provide('postgresUrl', `error: ${error instanceof Error ? error.message : String(error)}`)
  }
}
