import type { Check } from './check.ts'
import { access, constants, readdir, readFile, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { parseManifest } from '../../domain/manifest/parse.ts'

export function checkNode(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const isNew = major > 24 || (major === 24 && minor >= 11)
  return isNew
    ? { name: 'node', result: 'ok', found: process.version }
    : { name: 'node', result: 'error', found: process.version, mend: 'Node 24.11 or newer is needed; npm start brings one' }
}

export async function checkDataFolder(path: string): Promise<Check> {
  try {
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK)
    return { name: 'data folder', result: 'ok', found: path }
  }
  catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      return { name: 'data folder', result: 'ok', found: `${path}, made at the first start` }
    return { name: 'data folder', result: 'error', found: (error as Error).message, mend: `give ${path} to the user that runs AgentOS, or set AGENTOS_DATA_DIR` }
  }
}

const LITTLE_BYTES = 1024 ** 3

export async function checkDisk(path: string): Promise<Check> {
  try {
    const { bavail, bsize } = await statfs(path)
    const freeBytes = bavail * bsize
    const found = `${(freeBytes / 1024 ** 3).toFixed(1)} GiB free`
    return freeBytes > LITTLE_BYTES
      ? { name: 'disk', result: 'ok', found }
      : { name: 'disk', result: 'warning', found, mend: 'agentos prune deletes ended runs' }
  }
  catch (error) {
    const parent = dirname(path)
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && parent !== path)
      return checkDisk(parent)
    return { name: 'disk', result: 'error', found: (error as Error).message }
  }
}

/** A manifest that is not right is left out at start, which nobody notices who does not read the log. */
export async function checkAgents(projectDir: string): Promise<Check> {
  const folder = join(projectDir, 'agents')
  const files = (await readdir(folder).catch(() => [])).filter(name => /\.ya?ml$/.test(name)).map(name => join(folder, name))
  const parsed = await Promise.all(files.map(async file => parseManifest(await readFile(file, 'utf8').catch(() => ''), { file })))
  const problems = parsed.flatMap(each => each.ok ? [] : each.problems.slice(0, 1))
  const found = `${files.length - problems.length} of ${files.length} manifests in ${folder} are right`
  return problems.length === 0
    ? { name: 'agents', result: 'ok', found }
    : { name: 'agents', result: 'warning', found, mend: problems.map(p => `${p.file}:${p.line}:${p.column} ${p.key}: expected ${p.expected}, got ${p.received}`).join('; ') }
}

export async function checkPort({ port, host }: { port: number, host: string }): Promise<Check> {
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
