import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../server/src/store/develop/free-port.ts'

/** As `npm start` has it, with everything prepared. */
const START = ['--max-semi-space-size=4', fileURLToPath(new URL('../../scripts/bootstrap.mjs', import.meta.url)), 'start']

export interface ServerProcess {
  pid: number
  url: string
  apiKey: string
  /** From spawn to the first 200 of /health. */
  healthyAfterMs: number
  stop: () => Promise<void>
}

/** A folder for a server's data that its agents can pass through; remove it with `rm`. */
export async function dataFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'agentos-bench-'))
}

/** The real server as its own process, on a free port. */
export async function startServer(dataDir: string, env: Record<string, string> = {}): Promise<ServerProcess> {
  const port = await freePort()
  const startedAt = performance.now()
  const child = spawn(process.execPath, START, {
    env: { PATH: process.env.PATH, HOME: dataDir, AGENTOS_PORT: String(port), AGENTOS_DATA_DIR: dataDir, AGENTOS_LOG_LEVEL: 'error', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}`
  while (!await isHealthy(url)) {
    if (child.exitCode !== null)
      throw new Error(`the server ended with exit code ${child.exitCode} before it was healthy`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  const healthyAfterMs = performance.now() - startedAt
  return {
    pid: child.pid!,
    url,
    apiKey: (await readFile(join(dataDir, 'credential'), 'utf8')).trim(),
    healthyAfterMs,
    stop: async () => {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
  }
}

export async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true })
}

/** Resident memory of a process and of its children, in MB. */
export function residentMb(pid: number): { own: number, children: number } {
  const own = rssOf(pid)
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
  return { own, children: children.reduce((sum, child) => sum + rssOf(Number(child)), 0) }
}

function rssOf(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1] ?? 0) / 1024
}

async function isHealthy(url: string): Promise<boolean> {
  return fetch(`${url}/health`).then(response => response.ok, () => false)
}

/** What a process has written to storage so far, and the CPU time it has used. */
export function usageOf(pid: number): { writtenBytes: number, cpuMs: number } {
  const written = /^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))
  // Fields 14 and 15 of stat, counted after the command's closing bracket, in ticks of 10 ms.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { writtenBytes: Number(written?.[1] ?? 0), cpuMs: (Number(fields[11]) + Number(fields[12])) * 10 }
}
