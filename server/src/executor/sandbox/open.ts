import type { IsolationLevel } from '../../domain/run.ts'
import type { RunLimits } from '../../domain/views/run.ts'
import type { SandboxSpec } from '../protocol/input.ts'
import type { RunCgroup } from './cgroup.ts'
import type { EngineAccess } from './engine.ts'
import type { LevelTable, SandboxWay } from './layout.ts'
import type { Opened, ShellPlan } from './shell-session.ts'
import { mkdirSync } from 'node:fs'
import { bubblewrapCommand } from './bubblewrap.ts'
import { openContainerSession } from './container.ts'
import { INSIDE } from './layout.ts'
import { limitLine } from './limits.ts'
import { SYSTEM_PATH } from './programs.ts'
import { relayFor } from './relay.ts'
import { openShell } from './shell-session.ts'
import { utilLinuxCommand } from './util-linux.ts'

export interface OpenOptions {
  runId: string
  spec: SandboxSpec
  limits: RunLimits
  /** Of level `process` and above, where the machine lets us have one. */
  cgroup: RunCgroup | null
  /** What the group keeps, so that no rlimit need to. */
  groupKeeps: { memory: boolean, processes: boolean }
  /** Whether a command of it converses on its standard input. */
  hasInput?: boolean
  /** What drives containers; null in an executor that has none. */
  engine?: EngineAccess | null
  graceMs: number
  /** Names a session that stands beside the run's own and is closed without it. */
  beside?: string
}

/** Opens the session of a run at exactly the level that its spec names, or says why not. Never rejects. */
export async function openSession(options: OpenOptions, levels: LevelTable): Promise<Opened> {
  const { level } = options.spec
  const found = levels.find(one => one.level === level)
  if (!found?.proven)
    return { error: `level ${level} cannot be had here: ${found?.missing ?? 'nothing provides it'}` }
  // There is no loopback of its own: a port would be one of this machine, open to everybody on it.
  if (options.spec.loopback.length > 0 && (level === 'process' || level === 'none'))
    return { error: `level ${level} has no network of its own, through which the worker's sockets could be reached` }
  try {
    if (level === 'container')
      return options.engine ? await openContainerSession(options, options.engine) : { error: 'this executor drives no containers' }
    const plan = planFor(options, level, found.by ?? '')
    return plan ? await openShell(plan) : { error: `level ${level} cannot be had here any more: its program is gone` }
  }
  catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

function planFor(options: OpenOptions, level: Exclude<IsolationLevel, 'container'>, by: string): ShellPlan | null {
  if (level === 'sandbox')
    return sandboxPlan(options, by.startsWith('bubblewrap') ? 'bubblewrap' : 'util-linux', by)
  return plainPlan(options, level, by)
}

/** Level `sandbox`; null when the program for this way is not there. */
export function sandboxPlan(o: OpenOptions, way: SandboxWay, by: string): ShellPlan | null {
  const paths = { ...o.spec, temporaryBytes: Math.min(o.limits.memoryBytes, o.limits.diskBytes) }
  const argv = way === 'bubblewrap' ? bubblewrapCommand(paths, by.replace(/^\D+/, '')) : utilLinuxCommand(paths)
  return argv && {
    ...sharedPlan(o),
    level: 'sandbox',
    by,
    argv,
    limits: limitLine(o.limits, { inOwnUserNamespace: true, groupKeeps: o.groupKeeps }),
    relay: relayFor(o.spec.loopback),
    environment: environmentOf(o, { HOME: INSIDE.home, TMPDIR: '/tmp' }),
    folder: INSIDE.workspace,
    hasPidNamespace: true,
  }
}

/** Levels `process` and `none`: a session of its own, with rlimits or without. */
export function plainPlan(o: OpenOptions, level: Extract<IsolationLevel, 'process' | 'none'>, by: string): ShellPlan {
  const temporaryPath = `${o.spec.homePath}/.tmp`
  mkdirSync(temporaryPath, { recursive: true, mode: 0o700 })
  return {
    ...sharedPlan(o),
    level,
    by,
    argv: ['/bin/sh'],
    limits: level === 'process' ? limitLine(o.limits, { inOwnUserNamespace: false, groupKeeps: o.groupKeeps }) : '',
    relay: null,
    environment: environmentOf(o, { HOME: o.spec.homePath, TMPDIR: temporaryPath }),
    folder: o.spec.workspacePath,
    hasPidNamespace: false,
  }
}

function sharedPlan(o: OpenOptions): Pick<ShellPlan, 'spawnEnv' | 'marker' | 'isBeside' | 'cgroup' | 'graceMs' | 'hasInput'> {
  const marker = o.beside === undefined ? `AGENTOS_RUN=${o.runId}` : `AGENTOS_BESIDE=${o.beside}`
  return { spawnEnv: {}, hasInput: o.hasInput ?? false, marker, isBeside: o.beside !== undefined, cgroup: o.cgroup, graceMs: o.graceMs }
}

function environmentOf(o: OpenOptions, own: Record<string, string>): Record<string, string> {
  return {
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    // The workspace may belong to another owner than the one who reads it.
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
    ...o.spec.env,
    PATH: [...o.spec.path, SYSTEM_PATH].join(':'),
    ...own,
    AGENTOS_RUN: o.runId,
    ...(o.beside === undefined ? {} : { AGENTOS_BESIDE: o.beside }),
  }
}
