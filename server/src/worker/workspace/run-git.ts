import type { RunUser } from './place.ts'
import { spawn } from 'node:child_process'
import process from 'node:process'
import { StringDecoder } from 'node:string_decoder'
import { SYSTEM_PATH } from '../../executor/sandbox/programs.ts'

export interface GitCall {
  /** Marks what it starts, so that nothing of it outlives a worker that was killed. */
  runId: string
  cwd: string
  user: RunUser
  /** `https`, or `http` where an operator has named the host: nothing else is spoken. */
  protocol: string
  /** Settings of this call, in its environment: an argument could be read by everybody on the machine. */
  settings: [key: string, value: string][]
  maxFileBytes: number
  signal: AbortSignal
  /** What it writes, as it comes; else it is collected, as far as `MAX_WORDS`. False ends it. */
  onOutput?: (chunk: string) => boolean
}

export interface GitEnd {
  isOk: boolean
  output: string
  /** What it complained of. */
  words: string
}

const MAX_WORDS = 16_000
const CPU_SECONDS = 600
const MEMORY_KIB = 2 * 1024 * 1024

/** Sets the limits, then becomes git. Files are counted in blocks of 512 bytes. */
const LIMITED = 'ulimit -c 0; ulimit -t "$1"; ulimit -v "$2"; ulimit -f "$3"; shift 3; exec "$@"'

/**
 * One call of git with nothing of this machine's or this user's settings, no question to anybody, and bounds on what it may use. All that
 * it has started is killed with it. Rejects when it cannot be started.
 */
export function runGit(git: string, args: string[], o: GitCall): Promise<GitEnd> {
  const limits = [CPU_SECONDS, MEMORY_KIB, Math.ceil(o.maxFileBytes / 512)].map(String)
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', LIMITED, 'sh', ...limits, git, ...args], {
      cwd: o.cwd,
      env: environmentOf(o),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      ...(o.user && { uid: o.user.uid, gid: o.user.gid }),
    })
    let output = ''
    let words = ''
    const kill = () => killGroup(child.pid)
    const outputText = new StringDecoder('utf8')
    child.stdout.on('data', (bytes: Buffer) => {
      const text = outputText.write(bytes)
      if (!o.onOutput)
        output = `${output}${text}`.slice(0, MAX_WORDS)
      else if (!o.onOutput(text))
        kill()
    })
    child.stderr.on('data', (bytes: Buffer) => words = `${words}${bytes.toString()}`.slice(-MAX_WORDS))
    o.signal.addEventListener('abort', kill, { once: true })
    if (o.signal.aborted)
      kill()
    child.once('error', reject)
    child.once('close', (code) => {
      o.signal.removeEventListener('abort', kill)
      kill() // what it has left in the background
      resolve({ isOk: code === 0, output, words })
    })
  })
}

function environmentOf({ runId, protocol, settings }: GitCall): Record<string, string> {
  const all = [...SAFE_SETTINGS, ...settings]
  return {
    AGENTOS_RUN: runId,
    PATH: SYSTEM_PATH,
    LC_ALL: 'C',
    HOME: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '/bin/false',
    GIT_ALLOW_PROTOCOL: protocol,
    GIT_PROTOCOL_FROM_USER: '0',
    GIT_CONFIG_COUNT: String(all.length),
    ...Object.fromEntries(all.flatMap(([key, value], at) => [[`GIT_CONFIG_KEY_${at}`, key], [`GIT_CONFIG_VALUE_${at}`, value]])),
  }
}

/** What a repository could make git do, switched off; what makes it grow, bounded. */
const SAFE_SETTINGS: [string, string][] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.attributesFile', '/dev/null'],
  ['core.protectHFS', 'true'],
  ['core.protectNTFS', 'true'],
  ['core.bigFileThreshold', '32m'],
  ['core.packedGitWindowSize', '32m'],
  ['core.packedGitLimit', '256m'],
  ['core.deltaBaseCacheLimit', '64m'],
  ['credential.helper', ''],
  ['submodule.recurse', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['transfer.fsckObjects', 'true'],
  // Old repositories have them, and they do no harm.
  ['fetch.fsck.zeroPaddedFilemode', 'ignore'],
  ['fetch.fsck.missingSpaceBeforeDate', 'ignore'],
  ['fetch.fsck.badTimezone', 'ignore'],
  ['transfer.bundleURI', 'false'],
  ['http.followRedirects', 'false'],
  ['http.lowSpeedLimit', '200'],
  ['http.lowSpeedTime', '30'],
  ['pack.threads', '1'],
  ['index.threads', '1'],
  ['checkout.workers', '1'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['advice.detachedHead', 'false'],
  ['init.defaultBranch', 'main'],
]

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined)
      process.kill(-pid, 'SIGKILL')
  }
  catch {
    // all of it has ended
  }
}
