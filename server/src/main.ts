import { enableCompileCache } from 'node:module'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { CODE_CACHE_DIR } from './program-files.ts'

/** The process of `npm start` and `agentos serve`: serves until a signal comes, and ends with 0 when it stopped in order. */
export async function main(env: Record<string, string | undefined> = process.env): Promise<void> {
  // Their messages are for people: one line, with what to do.
  const app = await startFrom(env).catch((error: Error) => {
    process.stderr.write(`${isForPeople(error) ? error.message : error.stack ?? error.message}\n`)
    process.exit(1)
  })
  process.stdout.write(app.readyText(performance.now()))

  let isStopping = false
  const stop = (signal: NodeJS.Signals) => {
    if (isStopping)
      process.exit(1)
    isStopping = true
    if (process.stderr.isTTY)
      process.stderr.write(`\n${signal === 'SIGINT' ? 'Stopping. Press Ctrl-C again to stop at once.' : 'Stopping.'}\n`)
    app.stop().then(() => process.exit(0), (error: Error) => {
      process.stderr.write(`The stop failed: ${error.stack ?? error.message}\n`)
      process.exit(1)
    })
  }
  // SIGHUP: the terminal was closed.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, stop)
}

/** Compiled code is kept beside the runtime, which halves the time of the next start; so what is imported comes after. */
async function startFrom(env: Record<string, string | undefined>) {
  if (CODE_CACHE_DIR)
    enableCompileCache(CODE_CACHE_DIR)
  const [{ startApp }, { loadConfig }] = await Promise.all([import('./app.ts'), import('./config/config.ts')])
  return startApp(loadConfig(env))
}

/** Ours have a name of their own; a plain Error or TypeError is a fault, and its stack is what helps. */
function isForPeople(error: Error): boolean {
  return ['ConfigError', 'StartError', 'DataFolderError', 'DatabaseError', 'ListenError'].includes(error.name)
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await main()
