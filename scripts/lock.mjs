import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { runtimeDir } from './project.mjs'
import { Problem } from './report.mjs'
import { causeOf } from './run.mjs'

const WAIT_MS = 200
const GIVE_UP_MS = 20 * 60_000
const STALE_GUARD_MS = 10_000

/**
 * Lets one process of this checkout prepare at a time; a second one waits, then finds the work done. A lock folder whose
 * process is gone is taken over.
 */
export async function withLock(work, folder = runtimeDir) {
  const lock = join(folder, 'prepare.lock')
  await acquire(folder, lock)
  const release = () => rmSync(lock, { recursive: true, force: true })
  process.once('exit', release)
  try {
    return await work()
  }
  finally {
    process.off('exit', release)
    release()
  }
}

async function acquire(folder, lock) {
  const startedAt = Date.now()
  let told = false
  while (!tryMake(folder, lock)) {
    const owner = ownerOf(lock)
    if (owner === null) {
      takeAway(lock)
      await wait(WAIT_MS / 10)
      continue
    }
    if (!told)
      process.stderr.write(`Another AgentOS command${owner > 0 ? ` (process ${owner})` : ''} is preparing this folder; waiting for it …\n`)
    told = true
    if (Date.now() - startedAt > GIVE_UP_MS)
      throw new Problem(`process ${owner} has been preparing for over 20 minutes`, `end it, or delete ${lock} when it is not an AgentOS command, and run the same command again`)
    await wait(WAIT_MS)
  }
}

function tryMake(folder, lock) {
  try {
    mkdirSync(folder, { recursive: true })
    if (!makeUnlessThere(lock))
      return false
    writeFileSync(join(lock, 'pid'), String(process.pid))
    return true
  }
  catch (error) {
    throw new Problem(`${lock} could not be made (${error.code})`, causeOf(error))
  }
}

function makeUnlessThere(lock) {
  try {
    mkdirSync(lock)
    return true
  }
  catch (error) {
    if (error.code === 'EEXIST')
      return false
    throw error
  }
}

/** The living owner's process id; null when it is gone. 0 stands for one that has not written its id yet. */
function ownerOf(lock) {
  try {
    const pid = Number(readFileSync(join(lock, 'pid'), 'utf8'))
    if (pid > 0)
      return isAlive(pid) ? pid : null
  }
  catch {}
  return ageMs(lock) < STALE_GUARD_MS ? 0 : null
}

/** Two that find the same dead owner must not remove each other's new lock: removal is itself under a short lock. */
function takeAway(lock) {
  const guard = `${lock}.removal`
  if (ageMs(guard) > STALE_GUARD_MS)
    rmSync(guard, { recursive: true, force: true })
  try {
    mkdirSync(guard)
  }
  catch {
    return
  }
  if (ownerOf(lock) === null)
    rmSync(lock, { recursive: true, force: true })
  rmSync(guard, { recursive: true, force: true })
}

function ageMs(path) {
  try {
    return Date.now() - statSync(path).mtimeMs
  }
  catch {
    return -1
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  }
  catch (error) {
    return error.code === 'EPERM'
  }
}
