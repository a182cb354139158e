import { spawn } from 'node:child_process'
import { delimiter, dirname } from 'node:path'
import process from 'node:process'
import { isInstalled, PNPM, projectDir, runtimeDir } from './project.mjs'
import { Problem } from './report.mjs'

const KEPT_CHARACTERS = 20_000

/**
 * Runs a step's program with its output kept aside; a failure is a Problem that carries the output's tail and what to do.
 * @returns {Promise<string>} what it wrote
 */
export async function run(title, file, args, options = {}) {
  const { code, signal, output, error } = await capture(file, args, options)
  if (error)
    throw new Problem(`${title} could not be started (${error.message})`, whatToDo(String(error.code)), output)
  if (code !== 0)
    throw new Problem(`${title} failed (${signal ?? `exit code ${code}`})`, whatToDo(output), output)
  return output
}

/** Runs a program to its end; never rejects. */
export function capture(file, args, options = {}) {
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(file, args, {
      cwd: projectDir,
      env: { ...environment(), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: options.shell ?? false,
      ...(options.cwd ? { cwd: options.cwd } : {}),
    })
    const keep = (text) => {
      output = (output + text).slice(-KEPT_CHARACTERS)
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    const stop = signal => child.kill(signal)
    const stopOn = ['SIGINT', 'SIGTERM', 'SIGHUP']
    const handlers = stopOn.map(signal => [signal, () => {
      stop(signal)
      process.exit(130)
    }])
    for (const [signal, handler] of handlers)
      process.once(signal, handler)
    const finish = (result) => {
      for (const [signal, handler] of handlers)
        process.off(signal, handler)
      resolve({ output, ...result })
    }
    child.once('error', error => finish({ code: null, signal: null, error }))
    child.once('close', (code, signal) => finish({ code, signal, error: null }))
  })
}

/** Ours, with this Node first on the PATH, so that scripts which say `node` get it. */
export function environment() {
  const path = process.env.PATH ?? process.env.Path ?? ''
  const own = dirname(process.execPath)
  return { ...process.env, PATH: path.split(delimiter)[0] === own ? path : `${own}${delimiter}${path}` }
}

const NETWORK = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT|META_FETCH_FAIL|getaddrinfo|error sending request|dns error/i

const CAUSES = [
  [/ENOSPC|no space left/i, 'the disk is full: free some space and run the same command again'],
  [NETWORK, 'the package registry could not be reached: check the network (or the registry and proxy that npm is set to) and run the same command again'],
  [/EACCES|EPERM|EROFS|permission denied|read-only file system/i, `this user may not write there: make ${isInstalled ? runtimeDir : projectDir} its own (chown) or run as the folder's owner`],
  [/OUTDATED_LOCKFILE|frozen-lockfile/i, `a package.json and pnpm-lock.yaml do not agree: take both from the same commit, or renew the lock file with npx ${PNPM} install`],
  [/ENOMEM|heap out of memory|Cannot allocate memory/i, 'there was not enough memory: free some and run the same command again'],
  [/EEXIST|ENOTDIR/, 'a file stands where a folder should be: move it away and run the same command again'],
  [/\bENOENT\b/, 'a program is missing: check that Node.js and npm are installed and on the PATH'],
]

function whatToDo(output) {
  // Some tools wrap their lines.
  const text = output.replaceAll(/\s+/g, ' ')
  const cause = CAUSES.find(([pattern]) => pattern.test(text))
  return cause ? cause[1] : 'read the output above, mend its cause and run the same command again'
}

export function causeOf(error) {
  return whatToDo(`${error?.code ?? ''} ${error?.message ?? ''}`)
}

export function isOfNetwork(output) {
  return NETWORK.test(output)
}
