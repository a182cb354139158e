import process from 'node:process'
import { diffModels } from './diff-models.ts'
import { startTemporaryPostgres } from './temporary-postgres.ts'

/** `npm run migrations:check`: exits 1 and prints the SQL when the models have what the migrations have not. */
const postgres = await startTemporaryPostgres({ durable: false })
try {
  for (const dialect of ['sqlite', 'postgresql'] as const) {
    const missing = await diffModels(dialect, postgres.url)
    if (missing) {
      console.error(`${dialect}: the models have changed and no migration says so. Run npm run migrations:new NAME. It would write:\n${missing}`)
      process.exitCode = 1
    }
  }
}
finally {
  await postgres.stop()
}
