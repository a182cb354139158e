import type { EngineCandidate } from '../src/executor/sandbox/engine.ts'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { callEngine, ENGINE_NAMES, findEngine } from '../src/executor/sandbox/engine.ts'
import { findProgram } from '../src/executor/sandbox/programs.ts'

export const TEST_IMAGE = 'agentos-test:1'

const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: process.env.HOME ?? '/', ...pick('XDG_RUNTIME_DIR') }
const APPLETS = ['sh', 'ash', 'ls', 'cat', 'sleep', 'env', 'id', 'ps', 'kill', 'mount', 'touch', 'grep', 'setsid', 'true', 'false', 'head', 'wc', 'dd', 'ip', 'mkdir', 'rm', 'yes', 'tr', 'seq']

/**
 * The engines that run a container here, with an image made of busybox: nothing is fetched. Those that do not are named with why, so
 * that nobody thinks that they were tested.
 */
export async function testedEngines(): Promise<EngineCandidate[]> {
  const tested: EngineCandidate[] = []
  for (const name of ENGINE_NAMES) {
    const path = findProgram(name)
    const why = path === null ? 'it is not installed' : await whyNotTested({ name, path })
    if (why === null && path !== null)
      tested.push({ name, path })
    else
      console.warn(`level container by ${name} is not tested here: ${why}`)
  }
  return tested
}

export function callTestEngine({ path }: EngineCandidate, args: string[]): Promise<{ ok: boolean, output: string, error: string }> {
  return callEngine(path, args, environment)
}

async function whyNotTested(candidate: EngineCandidate): Promise<string | null> {
  const found = await findEngine(environment, { candidates: [candidate] })
  if ('missing' in found)
    return found.missing
  const image = await makeImage(candidate)
  if (image !== null)
    return image
  const first = await callTestEngine(candidate, ['run', '--rm', '--pull', 'never', '--network', 'none', '--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024', TEST_IMAGE, '/bin/sh', '-c', 'exit 0'])
  return first.ok ? null : `it runs no container: ${first.error.slice(-500)}`
}

async function makeImage(candidate: EngineCandidate): Promise<string | null> {
  const busybox = findProgram('busybox')
  const tar = findProgram('tar')
  if (busybox === null || tar === null)
    return 'busybox and tar, of which its image is made, are not installed'
  const folder = mkdtempSync(join(tmpdir(), 'agentos-image-'))
  try {
    mkdirSync(join(folder, 'root/bin'), { recursive: true })
    copyFileSync(busybox, join(folder, 'root/bin/busybox'))
    for (const applet of APPLETS)
      symlinkSync('busybox', join(folder, 'root/bin', applet))
    const packed = await callEngine(tar, ['-C', join(folder, 'root'), '-cf', join(folder, 'image.tar'), '.'], environment)
    const imported = packed.ok ? await callTestEngine(candidate, ['import', join(folder, 'image.tar'), TEST_IMAGE]) : packed
    return imported.ok ? null : `its image could not be made: ${imported.error}`
  }
  finally {
    rmSync(folder, { recursive: true })
  }
}

function pick(name: string): Record<string, string> {
  const value = process.env[name]
  return value === undefined ? {} : { [name]: value }
}
