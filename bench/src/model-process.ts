import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

export interface ModelProcess {
  /** For OPENAI_BASE_URL. */
  baseUrl: string
  stop: () => Promise<void>
}

/** The scripted endpoint, so that its CPU is neither ours nor the limit's. */
export async function startModel(): Promise<ModelProcess> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('scripted-model.ts', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [port] = await once(child.stdout, 'data') as [Buffer]
  return {
    baseUrl: `http://127.0.0.1:${port.toString().trim()}/v1`,
    stop: async () => {
      const exited = once(child, 'exit')
      child.stdin.end()
      await exited
    },
  }
}
