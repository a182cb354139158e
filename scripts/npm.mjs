import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { isOfNetwork, run } from './run.mjs'

/** npm, of the installation that started us when one did. */
export function runNpm(title, args) {
  return runCli(title, 'npm', args)
}

/** A package's program through npx, fetched when it is not there; asks nothing. */
export function runNpx(title, args, options) {
  return runCli(title, 'npx', ['-y', '--prefer-offline', ...args], options)
}

/** Their own patience with a network that is not there is over a minute for npm, ten for pnpm; ours is below. */
const IMPATIENT = Object.fromEntries(['npm', 'pnpm'].map(tool => [`${tool}_config_fetch_retries`, '0']))
const PAUSES_MS = [1000, 3000]

/** Tries again after a failure of the network; what was fetched already is in their caches. */
async function runCli(title, name, args, { env, ...others } = {}) {
  const options = { ...others, env: { ...IMPATIENT, ...env } }
  for (const pauseMs of PAUSES_MS) {
    try {
      return await runOnce(title, name, args, options)
    }
    catch (problem) {
      if (!isOfNetwork(problem.output))
        throw problem
      await wait(pauseMs)
    }
  }
  return runOnce(title, name, args, options)
}

function runOnce(title, name, args, options) {
  const cli = process.env.npm_execpath && join(dirname(process.env.npm_execpath), `${name}-cli.js`)
  if (cli && existsSync(cli))
    return run(title, process.execPath, [cli, ...args], options)
  return run(title, name, args, { ...options, shell: process.platform === 'win32' })
}
