import type { Check } from '../checks/check.ts'
import process from 'node:process'
import { formatCheck } from '../checks/check.ts'
import { checkAgents, checkDataFolder, checkDisk, checkNode, checkPort } from '../checks/machine.ts'
import { checkServer } from '../checks/server.ts'
import { jsonLine } from '../print/json-line.ts'
import { print } from '../print/out.ts'
import { withServer } from '../with-server.ts'

/** Looks at everything that a run needs, by doing: with no server running it opens the data itself. Exits 1 on an error. */
export async function doctor(options: { json?: boolean }): Promise<void> {
  const checks: Check[] = []
  const add = (check: Check) => {
    checks.push(check)
    if (!options.json)
      print(formatCheck(check))
  }
  for await (const check of examine())
    add(check)
  const isOk = checks.every(({ result }) => result !== 'error')
  if (options.json)
    print(jsonLine({ ok: isOk, checks }))
  if (!isOk)
    process.exitCode = 1
}

async function* examine(): AsyncGenerator<Check> {
  yield checkNode()
  if (process.env.AGENTOS_URL)
    return yield* examineServer(`AGENTOS_URL, ${process.env.AGENTOS_URL}`)
  const { loadConfig } = await import('../../config/config.ts')
  let config
  try {
    config = loadConfig(process.env)
  }
  catch (error) {
    return yield { name: 'configuration', result: 'error', found: (error as Error).message, mend: 'a server does not start until this is mended' }
  }
  yield { name: 'configuration', result: 'ok', found: `at most ${config.maxAgents} agents at a time` }
  yield await checkDataFolder(config.dataDir)
  yield await checkDisk(config.dataDir)
  yield await checkAgents(config.projectDir)
  yield* examineServer(null, config)
}

/** What only a server can say; `name` when it is not the one of this machine. */
async function* examineServer(name: string | null, at?: { port: number, host: string }): AsyncGenerator<Check> {
  const checks: Check[] = []
  let isRunning = true
  try {
    await withServer({ embed: 'look' }, async (server) => {
      isRunning = server.kind !== 'embedded'
      const found = await checkServer(server.client)
      if (isRunning)
        checks.push({ name: 'server', result: 'ok', found: name ?? `runs at ${server.url}` })
      checks.push(...found)
    })
  }
  catch (error) {
    checks.push({ name: name ? 'server' : 'start', result: 'error', found: (error as Error).message, mend: name ? 'check AGENTOS_URL and AGENTOS_API_KEY' : 'a server does not start until this is mended' })
  }
  yield* checks
  if (at && !isRunning)
    yield await checkPort(at)
}
