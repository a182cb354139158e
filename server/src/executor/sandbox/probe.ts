import type { CommandEnd } from '../../domain/event.ts'
import type { RunLimits } from '../../domain/views/run.ts'
import type { CgroupTree } from './cgroup.ts'
import type { EngineAccess } from './engine.ts'
import type { LevelTable, SandboxWay } from './layout.ts'
import type { OpenOptions } from './open.ts'
import type { Session } from './session.ts'
import type { ShellPlan } from './shell-session.ts'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { keepersOf } from './keepers.ts'
import { plainPlan, sandboxPlan } from './open.ts'
import { probeCgroups } from './probe-cgroups.ts'
import { findMarked, listProcesses } from './processes.ts'
import { findProgram } from './programs.ts'
import { quote } from './shell-script.ts'
import { openShell } from './shell-session.ts'

const CONTAINER = 'containers have an executor of their own'
const INSTALL = 'install bubblewrap (apt-get install bubblewrap, dnf install bubblewrap, apk add bubblewrap)'
const PROBE_TIMEOUT_MS = 5000

export interface ProbeOptions {
  canary: string
  ways: SandboxWay[]
  cgroups: CgroupTree | null
}

/** What an executor has found of its machine. */
export interface Ground {
  levels: LevelTable
  cgroups: CgroupTree | null
  /** Of an executor that drives containers. */
  engine?: EngineAccess
}

/**
 * Proves each level, and each control group, by doing what it promises. `canary` is a word in our own environment that no
 * sandbox may see; `ways` are the ways into level `sandbox` to try, in this order.
 */
export async function probeGround(o: ProbeOptions): Promise<Ground> {
  const folder = mkdtempSync(join(tmpdir(), 'agentos-probe-'))
  try {
    const options = probeOptions(folder)
    const [sandbox, plain, cgroups] = await Promise.all([
      probeSandbox(o, folder),
      failedTwice(() => probePlain(folder)),
      probeCgroups(o.cgroups, options.runId, options.limits),
    ])
    const levels: LevelTable = [
      { level: 'none', proven: plain === null, by: plain === null ? 'sh' : null, missing: plain, keepers: keepersOf('none', cgroups) },
      { level: 'process', proven: plain === null, by: plain === null ? 'session and rlimits' : null, missing: plain, keepers: keepersOf('process', cgroups) },
      { level: 'sandbox', ...sandbox, keepers: keepersOf('sandbox', cgroups) },
      { level: 'container', proven: false, by: null, missing: CONTAINER, keepers: keepersOf('container', cgroups) },
    ]
    return { levels, cgroups }
  }
  finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

type Finding = Omit<LevelTable[number], 'level' | 'keepers'>

async function probeSandbox(o: { canary: string, ways: SandboxWay[] }, folder: string): Promise<Finding> {
  if (process.platform !== 'linux')
    return { proven: false, by: null, missing: 'level sandbox needs Linux' }
  const failures: string[] = []
  for (const way of o.ways) {
    const by = `${way} ${await versionOf(way)}`.trim()
    const plan = sandboxPlan(probeOptions(folder), way, by)
    if (!plan) {
      failures.push(`${way} is not installed`)
      continue
    }
    const failure = await failedTwice(() => enterAndTry(plan, o.canary))
    if (failure === null)
      return { proven: true, by, missing: null }
    failures.push(`${way}: ${failure}`)
  }
  return { proven: false, by: null, missing: `${INSTALL}; tried: ${failures.join('; ')}` }
}

/** What a machine cannot do fails again; a shell of the first trial may have been killed by somebody else. */
async function failedTwice(trial: () => Promise<string | null>): Promise<string | null> {
  return await trial() === null ? null : trial()
}

/** null when all that the level promises was seen to hold, else the first thing that did not. */
async function enterAndTry(plan: ShellPlan, canary: string): Promise<string | null> {
  const opened = await openShell(plan)
  if ('error' in opened)
    return opened.error
  const { end, words } = await runInside(opened.session, insideScript(canary))
  // The daemon has left its session and its parent; from out here it can be seen until the sandbox closes.
  const daemons = findMarked(plan.marker, listProcesses()).length
  await opened.session.close()
  const left = findMarked(plan.marker, listProcesses()).length
  if (end.ended !== 'exited' || end.exitCode !== 0)
    return words.trim() || end.error || `a command inside ended with ${end.exitCode ?? end.ended}`
  if (daemons === 0)
    return 'the daemon that should be killed was not seen'
  return left > 0 ? `${left} processes outlived it` : null
}

function insideScript(canary: string): string {
  return [
    '(setsid sleep 60 </dev/null >/dev/null 2>&1 &)',
    `fail() { echo "$1"; exit 1; }`,
    `grep -l -e ${quote(canary)} /proc/[0-9]*/environ 2>/dev/null && fail 'it reads the environment of the executor'`,
    `while read -r name rest; do case $name in lo:*|Inter-*|face) ;; *) fail "it has the network interface $name";; esac; done </proc/net/dev`,
    `for path in /root /var /boot /srv /opt; do [ -e $path ] && fail "it sees $path of the host"; done`,
    `(: >/usr/.agentos-probe) 2>/dev/null && fail 'it can write to /usr'`,
    `(: >/.agentos-probe) 2>/dev/null && fail 'it can write to its root folder'`,
    `(: >/workspace/probe) || fail 'it cannot write to its workspace'`,
    `grep -q '^CapEff:[[:space:]]*0*$' /proc/self/status || fail 'it has capabilities'`,
    'exit 0',
  ].join('\n')
}

async function probePlain(folder: string): Promise<string | null> {
  const opened = await openShell(plainPlan(probeOptions(folder), 'process', 'probe'))
  if ('error' in opened)
    return opened.error
  const { end } = await runInside(opened.session, 'exit 7')
  await opened.session.close()
  return end.exitCode === 7 ? null : 'a command in a shell did not give its exit code'
}

async function runInside(session: Session, command: string): Promise<{ end: CommandEnd, words: string }> {
  let words = ''
  const end = await session.run(command, {
    timeoutMs: PROBE_TIMEOUT_MS,
    onOutput: (_, bytes) => {
      words = (words + bytes.toString()).slice(-1000)
      return true
    },
  })
  return { end, words }
}

function probeOptions(folder: string): OpenOptions {
  const runId = `probe-${randomBytes(6).toString('hex')}`
  const MiB = 1024 * 1024
  const limits: RunLimits = {
    timeMs: 1000,
    steps: 1,
    memoryBytes: 512 * MiB,
    outputBytes: MiB,
    diskBytes: MiB,
    processes: 64,
    files: 64,
    cpu: 1,
    cpuTimeMs: null,
    tokens: null,
    costUsd: null,
  }
  return {
    runId,
    spec: { level: 'sandbox', workspacePath: folder, workspaceMode: 'read-write', hidden: [], ownFolders: [], homePath: folder, network: 'none', loopback: [], programs: [], path: [], image: null, env: {} },
    limits,
    cgroup: null,
    groupKeeps: { memory: false, processes: false },
    graceMs: 100,
  }
}

/** `0.8`, or nothing where it does not say. */
async function versionOf(way: SandboxWay): Promise<string> {
  const program = findProgram(way === 'bubblewrap' ? 'bwrap' : 'unshare')
  const words = program ? await promisify(execFile)(program, ['--version'], { env: {} }).then(result => result.stdout, () => '') : ''
  return /\d+\.\d+/.exec(words)?.[0] ?? ''
}
