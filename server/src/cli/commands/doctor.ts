import type { Overview } from '../../domain/views.ts'
import type { Server } from '../local-server.ts'
import { access, constants, statfs } from 'node:fs/promises'
import process from 'node:process'
import pc from 'picocolors'
import { loadConfig } from '../../config/config.ts'
import { findOrEmbedServer, findServer } from '../local-server.ts'

interface Check {
  name: string
  result: 'ok' | 'warning' | 'error'
  found: string
  /** What to do, when it is not ok. */
  mend?: string
}

/** Looks at everything that a run needs, by doing: with no server running it starts one for as long as it takes. Exits 1 on an error. */
export async function doctor(options: { json?: boolean }): Promise<void> {
  const checks = await examine()
  if (options.json)
    process.stdout.write(`${JSON.stringify({ ok: !checks.some(isError), checks })}\n`)
  else
    process.stdout.write(checks.map(format).join(''))
  if (checks.some(isError))
    process.exitCode = 1
}

async function examine(): Promise<Check[]> {
  const checks: Check[] = [checkNode()]
  try {
    const config = loadConfig(process.env)
    checks.push({ name: 'configuration', result: 'ok', found: `role ${config.role}, at most ${config.maxAgents} agents at a time` })
    const running = await findServer(config)
    const server = running ?? await findOrEmbedServer()
    try {
      checks.push(await checkDataFolder(config.dataDir), await checkDisk(config.dataDir), ...await askServer(server))
      checks.push(running
        ? { name: 'port', result: 'ok', found: `${running.url} is this data folder's own server` }
        : await checkPort(config.port, config.host))
    }
    finally {
      await server.client.close()
      await server.embedded?.stop()
    }
  }
  catch (error) {
    checks.push({ name: 'start', result: 'error', found: (error as Error).message, mend: 'a server does not start until this is mended' })
  }
  return checks
}

function checkNode(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const isNew = major > 24 || (major === 24 && minor >= 11)
  return isNew
    ? { name: 'node', result: 'ok', found: process.version }
    : { name: 'node', result: 'error', found: process.version, mend: 'Node 24.11 or newer is needed; npm start brings one' }
}

async function checkDataFolder(path: string): Promise<Check> {
  try {
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK)
    return { name: 'data folder', result: 'ok', found: path }
  }
  catch (error) {
    return { name: 'data folder', result: 'error', found: (error as Error).message, mend: `give ${path} to the user that runs AgentOS` }
  }
}

const LITTLE_BYTES = 1024 ** 3

async function checkDisk(path: string): Promise<Check> {
  const { bavail, bsize } = await statfs(path)
  const free = `${(bavail * bsize / 1024 ** 3).toFixed(1)} GiB free`
  return bavail * bsize > LITTLE_BYTES
    ? { name: 'disk', result: 'ok', found: free }
    : { name: 'disk', result: 'warning', found: free, mend: 'agentos prune deletes ended runs' }
}

async function askServer(server: Server): Promise<Check[]> {
  const overview = await server.client.system.overview()
  return [
    { name: 'database', result: 'ok', found: `${overview.database.dialect}, answers in ${overview.database.latencyMs.toFixed(1)} ms, migrated` },
    ...checkLevels(overview),
    overview.models.configured.length > 0
      ? { name: 'models', result: 'ok', found: overview.models.configured.join(', ') }
      : { name: 'models', result: 'warning', found: 'none; scripted agents run without one', mend: overview.models.howTo ?? '' },
  ]
}

function checkLevels({ sandbox }: Overview): Check[] {
  return sandbox.levels.filter(({ level }) => level === 'process' || level === 'sandbox').map(({ level, proven, by, missing }) => proven
    ? { name: `isolation: ${level}`, result: 'ok', found: `proven${by ? `, by ${by}` : ''}` }
    : { name: `isolation: ${level}`, result: 'warning', found: 'not proven', mend: missing ?? '' })
}

async function checkPort(port: number, host: string): Promise<Check> {
  const { createServer } = await import('node:net')
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => resolve({
      name: 'port',
      result: 'error',
      found: `${host}:${port}: ${error.code === 'EADDRINUSE' ? 'another program listens there' : error.message}`,
      mend: 'stop that program, or set AGENTOS_PORT',
    }))
    probe.listen(port, host, () => probe.close(() => resolve({ name: 'port', result: 'ok', found: `${host}:${port} is free` })))
  })
}

function isError(check: Check): boolean {
  return check.result === 'error'
}

function format({ name, result, found, mend }: Check): string {
  const mark = { ok: pc.green('✓'), warning: pc.yellow('!'), error: pc.red('✗') }[result]
  return `${mark} ${name.padEnd(20)} ${found}\n${mend && result !== 'ok' ? `  ${''.padEnd(20)} ${pc.dim(mend)}\n` : ''}`
}
