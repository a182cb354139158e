// Starts the server of an image that is being built, and stops it when it is ready: that proves the image, and leaves the compiled code in
// it for later ones.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'

const dataDir = mkdtempSync('/tmp/first-start-')
const server = spawn(process.execPath, ['server/src/main.ts'], {
  env: { ...process.env, AGENTOS_DATA_DIR: dataDir, AGENTOS_PORT: '0', AGENTOS_HOST: '127.0.0.1' },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const late = setTimeout(() => server.kill('SIGKILL'), 180_000)
let said = ''
server.stdout.setEncoding('utf8').on('data', (text) => {
  said += text
  if (/Agents found: \d+\n/.test(said))
    server.kill('SIGTERM')
})
server.once('exit', (code, signal) => {
  clearTimeout(late)
  rmSync(dataDir, { recursive: true, force: true })
  process.stdout.write(said.replace(/token=\S+/, 'token=…'))
  process.exitCode = said.includes('Agents found') && code === 0 ? 0 : 1
  if (process.exitCode !== 0)
    process.stderr.write(`the server did not start and stop in order: ${signal ?? `exit code ${code}`}\n`)
})
