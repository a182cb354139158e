import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { bareEnvironment } from './server-harness.ts'

export interface Spawned {
  child: ChildProcess
  exited: Promise<[code: number | null, signal: NodeJS.Signals | null]>
  stdout: () => string
  stderr: () => string
  /** Resolves with what stood on standard output when it first matched; rejects when the process ends without. */
  says: (what: RegExp) => Promise<string>
}

export interface SpawnOptions {
  cwd?: string
  env?: Record<string, string>
  /** It may outlive the test: who started it sees to its end. */
  isShared?: boolean
}

/** The command line, and with `serve` the server: what users run. */
export const COMMAND_LINE = fileURLToPath(new URL('../dist/agentos.js', import.meta.url))

/** The server's own process, as `npm start` runs it. */
export function runServer(dataDir: string, env: Record<string, string> = {}, isShared = false): Spawned {
  return spawnNode([COMMAND_LINE, 'serve'], dataDir, { env, isShared })
}

export type ServerProcess = Spawned & { url: string, credential: string, dataDir: string, stop: () => Promise<void> }

/** The same once it serves. */
export async function startServerProcess(dataDir: string, options: SpawnOptions = {}): Promise<ServerProcess> {
  const spawned = spawnNode([COMMAND_LINE, 'serve'], dataDir, options)
  await spawned.says(/Agents found/)
  const { url } = JSON.parse(await readFile(join(dataDir, 'server.json'), 'utf8')) as { url: string }
  const credential = (await readFile(join(dataDir, 'credential'), 'utf8')).trim()
  const stop = async () => {
    spawned.child.kill('SIGTERM')
    await spawned.exited
  }
  return { ...spawned, url, credential, dataDir, stop }
}

/** `agentos …` in a pipe. */
export function runCommand(args: string[], dataDir: string, options: SpawnOptions = {}): Spawned {
  return spawnNode([COMMAND_LINE, ...args], dataDir, options)
}

/**
 * `agentos …` on a terminal of its own, by `script` of util-linux; keys go to its standard input. `script` may lose what is
 * written in the very moment in which its command ends, so the shell around it stays for a moment.
 */
export function runOnTerminal(args: string[], dataDir: string, options: SpawnOptions = {}): Spawned {
  const command = [process.execPath, COMMAND_LINE, ...args].map(word => `'${word}'`).join(' ')
  const lingering = `trap : INT; ${command}; code=$?; sleep 0.2; exit $code`
  return spawnProcess('script', ['-qec', lingering, '/dev/null'], dataDir, { ...options, env: { TERM: 'xterm', ...options.env } })
}

/** Any program of ours; a test that ends does not leave it behind. */
export function spawnNode(args: string[], dataDir: string, options: SpawnOptions = {}): Spawned {
  return spawnProcess(process.execPath, args, dataDir, options)
}

/** Any program, with nothing in its environment but what a test of ours needs. */
export function spawnProcess(file: string, args: string[], dataDir: string, { cwd = dataDir, env, isShared }: SpawnOptions = {}): Spawned {
  const child = spawn(file, args, {
    cwd,
    // Nothing of this machine's: no key, no settings, no home with manifests in it.
    env: { PATH: process.env.PATH, HOME: dataDir, ...bareEnvironment(), AGENTOS_DATA_DIR: dataDir, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => output.stdout += text)
  child.stderr.setEncoding('utf8').on('data', (text: string) => output.stderr += text)
  const exited = once(child, 'close') as Spawned['exited'] // what the event carries
  if (!isShared) {
    onTestFinished(async () => {
      child.kill('SIGKILL')
      await exited
    })
  }
  return {
    child,
    exited,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    says: what => new Promise((resolve, reject) => {
      const look = () => what.test(output.stdout) && resolve(output.stdout)
      child.stdout.on('data', look)
      look()
      void exited.then(() => reject(new Error(`it ended and never said ${what}:\n${output.stdout}\n${output.stderr}`)))
    }),
  }
}

/** The most memory that a process has had. */
export function peakBytes(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024
}

/** Processes of this machine that name `word` in their command line or environment, but those of this test. */
export async function processesOf(word: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
  const found: string[] = []
  for (const pid of pids) {
    const texts = await Promise.all(['cmdline', 'environ'].map(name => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')))
    if (texts.some(text => text.includes(word)))
      found.push(`${pid} ${texts[0]!.replaceAll('\0', ' ')}`)
  }
  return found
}
