import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createAgentOS } from '@agentos/client'

const MAIN = fileURLToPath(new URL('../../server/dist/agentos.js', import.meta.url))

/** The real server as a process of its own, with an empty data folder, on a free port. */
export async function startServer(options: { publicUrl?: string, port?: number, dataDir?: string, roots?: string[], env?: Record<string, string> } = {}) {
  const dataDir = options.dataDir ?? await mkdtemp(join(tmpdir(), 'agentos-e2e-'))
  const env = {
    PATH: process.env.PATH,
    HOME: dataDir,
    // 0: any that is free.
    AGENTOS_PORT: String(options.port ?? 0),
    AGENTOS_DATA_DIR: dataDir,
    AGENTOS_LOG_LEVEL: 'warn',
    ...(options.publicUrl && { AGENTOS_PUBLIC_URL: options.publicUrl }),
    ...(options.roots && { AGENTOS_WORKSPACE_ROOTS: options.roots.join(':') }),
    ...options.env,
  }
  const child = spawn(process.execPath, [MAIN, 'serve'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const link = await signInLink(child)
  const { url } = JSON.parse(await readFile(join(dataDir, 'server.json'), 'utf8')) as { url: string }
  const client = createAgentOS({ url, apiKey: (await readFile(join(dataDir, 'credential'), 'utf8')).trim() })
  return {
    url,
    port: Number(new URL(url).port),
    dataDir,
    pid: child.pid!,
    /** The one-time link that it printed. */
    link,
    client,
    kill: (signal: NodeJS.Signals) => end(child, signal),
    /** Stops it and removes its data. */
    close: async () => {
      await client.close()
      await end(child, 'SIGTERM')
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export type TestServer = Awaited<ReturnType<typeof startServer>>

async function signInLink(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const link = /http\S+\/setup\?token=\S+/.exec(line)?.[0]
    if (link) {
      // Later lines are read too, so that the pipe never fills.
      child.stdout!.resume()
      return link
    }
  }
  throw new Error('the server ended before it printed its sign-in link')
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null)
    return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}
