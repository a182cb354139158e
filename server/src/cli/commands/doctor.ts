import type { Check } from '../../checks/check.ts'
import type { Config } from '../../config/config.ts'
import process from 'node:process'
import { formatCheck } from '../checks/format.ts'
import { checkRunningServer } from '../checks/server.ts'
import { jsonLine } from '../print/json-line.ts'
import { print } from '../print/out.ts'

/**
 * Looks at everything that a server and its runs need, and changes nothing. What a server that runs says of itself comes from that
 * server. Exits 1 on an error; no model or a weaker sandbox is a warning.
 */
export async function doctor(options: { json?: boolean }): Promise<void> {
  const checks: Check[] = []
  for await (const check of examine()) {
    checks.push(check)
    if (!options.json)
      print(formatCheck(check))
  }
  const isOk = checks.every(({ result }) => result !== 'error')
  if (options.json)
    print(jsonLine({ ok: isOk, checks }))
  if (!isOk)
    process.exitCode = 1
}

async function* examine(): AsyncGenerator<Check> {
  const { checkNode } = await import('../../checks/machine.ts')
  yield checkNode()
  if (process.env.AGENTOS_URL)
    return yield* await checkRunningServer() ?? []
  const { checkDependencies } = await import('../../checks/dependencies.ts')
  yield await checkDependencies()
  const { loadConfig } = await import('../../config/config.ts')
  let config: Config
  try {
    config = loadConfig(process.env)
  }
  catch (error) {
    return yield { name: 'configuration', result: 'error', found: (error as Error).message, mend: 'a server does not start until this is mended; agentos config shows what is set where' }
  }
  yield { name: 'configuration', result: 'ok', found: `at most ${config.maxAgents} agents at a time` }
  yield* examineData(config)
  const running = await checkRunningServer()
  if (running)
    return yield* running
  const [{ checkPort }, { checkOwnMachine }] = await Promise.all([import('../../checks/port.ts'), import('../checks/own-machine.ts')])
  yield await checkPort(config)
  yield* await checkOwnMachine(config)
}

/** What is kept, and whether it fits together. */
async function* examineData(config: Config): AsyncGenerator<Check> {
  const { projectDir, dataDir, databaseUrl, secretKey } = config
  const [{ checkDisk }, { checkDataFolder, checkKeyFiles }, { checkAgents }, { checkPages }] = await Promise.all([
    import('../../checks/machine.ts'),
    import('../../checks/folders.ts'),
    import('../../checks/agents.ts'),
    import('../../checks/dependencies.ts'),
  ])
  yield await checkDataFolder(dataDir)
  yield await checkKeyFiles(dataDir)
  yield await checkDisk(dataDir)
  yield* examineDatabase({ databaseUrl, dataDir, secretKey })
  yield await checkAgents(projectDir)
  yield await checkPages(projectDir)
}

async function* examineDatabase({ databaseUrl, dataDir, secretKey }: Pick<Config, 'databaseUrl' | 'dataDir' | 'secretKey'>): AsyncGenerator<Check> {
  const [{ checkKeyFits, checkSecretKey }, { checkClock, checkDatabase }, { inspectDatabase }, { fingerprintOf }, { readKeptKey }] = await Promise.all([
    import('../../checks/secret-key.ts'),
    import('../../checks/database.ts'),
    import('../../store/inspect.ts'),
    import('../../same-secret-key.ts'),
    import('../../config/data-folder.ts'),
  ])
  yield checkSecretKey(secretKey)
  const inspected = await inspectDatabase(databaseUrl).then(standing => ({ standing }), (error: unknown) => ({ error }))
  yield checkDatabase(inspected)
  if (!('standing' in inspected))
    return
  const key = secretKey ?? await readKeptKey(dataDir)
  yield checkKeyFits(key, key && fingerprintOf(key), inspected.standing)
  yield checkClock(inspected.standing)
}
