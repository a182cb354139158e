import { spawn } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { prepare } from './prepare.mjs'
import { projectDir } from './project.mjs'
import { Problem } from './report.mjs'
import { environment } from './run.mjs'

/** `npm run dev`: the server restarts when its sources change, Vite serves the pages and hands the rest to it. */
export async function main({ args }) {
  await prepare(['packages', 'database'])
  const { port, host } = await readConfig()
  if (port === 0)
    throw new Problem('AGENTOS_PORT is 0, and the pages must know where the server is', 'set AGENTOS_PORT to a fixed port for npm run dev')
  const pagesPort = port + 1
  const pagesUrl = `http://127.0.0.1:${pagesPort}`
  const children = [
    start(['--watch', '--watch-preserve-output', 'server/src/main.ts', ...args], projectDir, { AGENTOS_PUBLIC_URL: pagesUrl }),
    start(['node_modules/vite/bin/vite.js', '--port', String(pagesPort), '--strictPort', '--clearScreen', 'false'], join(projectDir, 'web'), {
      AGENTOS_DEV_SERVER: `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`,
    }),
  ]
  process.stderr.write(`Pages, as you change them: ${pagesUrl}\n`)
  await untilOneEnds(children)
}

async function readConfig() {
  const { loadConfig } = await import(pathToFileURL(join(projectDir, 'server/src/config/config.ts')).href)
  try {
    return loadConfig(process.env)
  }
  catch (error) {
    throw new Problem(error.message, 'mend that variable in the environment or in .env')
  }
}

function start(args, cwd, env) {
  return spawn(process.execPath, args, { cwd, env: { ...environment(), ...env }, stdio: ['ignore', 'inherit', 'inherit'] })
}

/** One without the other is of no use; a signal stops both. */
async function untilOneEnds(children) {
  const stop = signal => children.forEach(child => child.kill(signal))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => stop(signal === 'SIGHUP' ? 'SIGTERM' : signal))
  const ended = children.map(child => new Promise(resolve => child.once('exit', code => resolve(code ?? 0))))
  const first = await Promise.race(ended)
  stop('SIGTERM')
  await Promise.all(ended)
  process.exitCode = first
}
