import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { withLock } from './lock.mjs'
import { runNpm } from './npm.mjs'
import { stopWithParent } from './parent.mjs'
import { NODE_BROUGHT, NODE_FLOOR, runtimeDir } from './project.mjs'
import { Problem, progress } from './report.mjs'

/**
 * Goes on in this process when its Node is new enough; else brings one and hands the same command over to it.
 * @returns {Promise<boolean>} true when another process did the work (its exit code is ours by then)
 */
export async function ensureNode(argv) {
  if (isNewEnough(process.versions.node))
    return false
  const node = broughtNode()
  if (!isBrought(node))
    await withLock(() => isBrought(node) || bringNode(node))
  await handOver(node.path, [...process.execArgv, fileURLToPath(new URL('bootstrap.mjs', import.meta.url)), ...argv])
  return true
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor >= NODE_FLOOR[1])
}

const PLATFORMS = new Set(['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64', 'win-x64', 'win-arm64'])

function broughtNode() {
  const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  if (!PLATFORMS.has(platform))
    throw noneFor(platform)
  const packageName = `node-${platform}`
  const folder = join(runtimeDir, 'node_modules', packageName)
  const file = join('bin', process.platform === 'win32' ? 'node.exe' : 'node')
  return { packageName, folder, file, path: join(folder, file) }
}

function noneFor(platform) {
  return new Problem(
    `this is Node ${process.versions.node}; ${NODE_FLOOR.join('.')} or newer is needed, and npm has none for ${platform}`,
    'install Node.js 24 from nodejs.org or your distribution and run the same command again',
  )
}

/** Alpine and its like: the Node that npm has asks for glibc. */
function isMusl() {
  if (process.platform !== 'linux' || !process.report)
    return false
  process.report.excludeNetwork = true
  return !process.report.getReport().header.glibcVersionRuntime
}

function isBrought({ folder, path }) {
  try {
    return existsSync(path) && isNewEnough(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version)
  }
  catch {
    return false
  }
}

/** Into a folder beside, tried, and only then put in place: half a Node must never stand there. */
async function bringNode({ packageName, folder, file }) {
  if (isMusl())
    throw noneFor(`musl (${packageName})`)
  const incoming = join(runtimeDir, 'incoming')
  const fetched = join(incoming, 'node_modules', packageName)
  rmSync(incoming, { recursive: true, force: true })
  await progress(`Bringing Node ${NODE_BROUGHT} (this machine's is ${process.versions.node})`, async () => {
    await runNpm('bringing Node', ['install', '--prefix', incoming, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', `${packageName}@${NODE_BROUGHT}`])
    const { stdout } = spawnSync(join(fetched, file), ['--version'], { encoding: 'utf8' })
    if (stdout?.trim() !== `v${NODE_BROUGHT}`) {
      rmSync(incoming, { recursive: true, force: true })
      throw new Problem(`Node ${NODE_BROUGHT} was brought, but does not run here`, 'check that the disk is not full and run the same command again; or install Node.js 24 from nodejs.org')
    }
  })
  mkdirSync(dirname(folder), { recursive: true })
  rmSync(folder, { recursive: true, force: true })
  renameSync(fetched, folder)
  rmSync(incoming, { recursive: true, force: true })
}

/**
 * Runs the rest in the newer Node: same terminal, same exit code. A terminal's Ctrl-C reaches the whole process group, so
 * it is passed on only where there is no terminal; other signals are passed on once.
 */
export function handOver(node, argv) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, argv, { stdio: 'inherit' })
    const hasTerminal = process.stdin.isTTY === true || process.stdout.isTTY === true || process.stderr.isTTY === true
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) {
      let passed = false
      process.on(signal, () => {
        const byTerminal = hasTerminal && (signal === 'SIGINT' || signal === 'SIGQUIT')
        if (!passed && !byTerminal)
          child.kill(signal)
        passed = true
      })
    }
    stopWithParent(() => child.kill('SIGTERM'))
    child.once('error', error => reject(new Problem(`${node} could not be started (${error.message})`, `delete the folder ${runtimeDir} and run the same command again`)))
    child.once('exit', (code, signal) => {
      if (signal) {
        process.removeAllListeners(signal)
        process.kill(process.pid, signal)
      }
      process.exitCode = code ?? 1
      resolve()
    })
  })
}
