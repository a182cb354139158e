import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { PROJECT_DIR } from '../../program-files.ts'

/** `npm run generate`: writes both Prisma clients. Needs no network. */
const cli = createRequire(import.meta.url).resolve('prisma/build/index.js')

await Promise.all(['sqlite', 'postgresql'].map(provider => generate(provider)))

async function generate(provider: string): Promise<void> {
  const schema = join(PROJECT_DIR, 'prisma', provider)
  const child = spawn(process.execPath, [cli, 'generate', '--no-hints', '--schema', schema], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      // Prisma downloads a schema engine before it generates, and never starts it: any program that exists stops the download.
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      CHECKPOINT_DISABLE: '1',
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
    },
  })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => said += chunk.toString())
  child.stderr.on('data', (chunk: Buffer) => said += chunk.toString())
  const code = await new Promise(resolve => child.on('close', resolve))
  if (code !== 0)
    throw new Error(`prisma generate for ${provider} exited with ${code}:\n${said}`)
}
