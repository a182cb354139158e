import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { run } from './run.mjs'

/** npm, of the installation that started us when one did. */
export function runNpm(title, args) {
  return runCli(title, 'npm', args)
}

/** A package's program through npx, fetched when it is not there; asks nothing. */
export function runNpx(title, args, options) {
  return runCli(title, 'npx', ['-y', ...args], options)
}

function runCli(title, name, args, options = {}) {
  const cli = process.env.npm_execpath && join(dirname(process.env.npm_execpath), `${name}-cli.js`)
  if (cli && existsSync(cli))
    return run(title, process.execPath, [cli, ...args], options)
  return run(title, name, args, { ...options, shell: process.platform === 'win32' })
}
