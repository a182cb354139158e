import type { LimitKeepers } from '../../domain/limits.ts'
import type { LevelStatus } from '../../domain/views/system.ts'
import { execFile } from 'node:child_process'
import { keepersOf } from './keepers.ts'
import { findProgram } from './programs.ts'

/** A container engine that answers, driven by its command line. */
export interface Engine {
  name: 'podman' | 'docker'
  /** The absolute path of its command line. */
  path: string
  version: string
  /** It runs as an ordinary user, in a user namespace of its own. */
  isRootless: boolean
  /** Which limits it says that it can keep here. */
  keeps: { memory: boolean, processes: boolean, cpu: boolean }
}

/** An engine and the whole environment of its command line. */
export interface EngineAccess { engine: Engine, environment: Record<string, string> }

export interface EngineCandidate { name: Engine['name'], path: string }

export type EngineFinding = { engine: Engine } | { missing: string }

export const ENGINE_NAMES: Engine['name'][] = ['podman', 'docker']
const INSTALL = 'install podman (apt-get install podman, dnf install podman, apk add podman) or start docker'
/** The first answer of podman after a boot takes seconds. */
const INFO_TIMEOUT_MS = 20_000
const CALL_TIMEOUT_MS = 20_000
const MAX_ANSWER_BYTES = 4 * 1024 * 1024

interface FindOptions { candidates?: EngineCandidate[] | undefined, signal?: AbortSignal }

/** The first engine that answers. `environment` is the whole environment of its command line. */
export async function findEngine(environment: Record<string, string>, o: FindOptions = {}): Promise<EngineFinding> {
  const failures: string[] = []
  for (const { name, path } of o.candidates ?? installedEngines()) {
    const call = { timeoutMs: INFO_TIMEOUT_MS, ...(o.signal && { signal: o.signal }) }
    const answer = await callEngine(path, ['info', '--format', '{{json .}}'], environment, call)
    const engine = answer.ok ? engineOf(name, path, answer.output) : null
    if (engine)
      return { engine }
    failures.push(`${name}: ${lastLine(answer.error) || 'its answer was not understood'}`)
  }
  const tried = failures.length > 0 ? failures.join('; ') : `${ENGINE_NAMES.join(' and ')} are not installed`
  return { missing: `no container engine answers (${tried}): ${INSTALL}` }
}

/** The row of the level table. */
export function containerLevel({ engine }: EngineAccess): LevelStatus {
  return { level: 'container', proven: true, by: `${engine.name} ${engine.version}`, missing: null, keepers: keepersIn(engine) }
}

function keepersIn({ keeps }: Engine): LimitKeepers {
  const kept = (isKept: boolean) => isKept ? ['cgroup' as const] : ['none' as const]
  return {
    ...keepersOf('container', null),
    memory: kept(keeps.memory),
    processes: kept(keeps.processes),
    cpu: kept(keeps.cpu),
    cpuTime: ['rlimit'],
    // Of each file by itself, not of all together.
    disk: ['rlimit'],
  }
}

interface CallOptions { timeoutMs?: number, signal?: AbortSignal }

interface EngineAnswer { ok: boolean, output: string, error: string }

/** One call of the command line, bounded in time and answer. Never rejects. */
export function callEngine(path: string, args: string[], environment: Record<string, string>, o: CallOptions = {}): Promise<EngineAnswer> {
  const { timeoutMs = CALL_TIMEOUT_MS } = o
  return new Promise((resolve) => {
    const options = { cwd: '/', env: environment, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: MAX_ANSWER_BYTES, ...(o.signal && { signal: o.signal }) } as const
    execFile(path, args, options, (error, output, words) => {
      const isLate = error?.killed === true
      resolve({ ok: error === null, output, error: isLate ? `it did not answer within ${timeoutMs / 1000} s` : words.trim() || (error?.message ?? '') })
    })
  })
}

function installedEngines(): EngineCandidate[] {
  return ENGINE_NAMES.flatMap((name) => {
    const path = findProgram(name)
    return path === null ? [] : [{ name, path }]
  })
}

function engineOf(name: Engine['name'], path: string, answer: string): Engine | null {
  const info = parsed(answer)
  return info && (name === 'podman' ? podman(path, info) : docker(path, info))
}

type Info = Record<string, unknown>

function podman(path: string, info: Info): Engine | null {
  const host = info.host as Info | undefined
  const { Version: version } = (info.version ?? {}) as Info
  if (!host || typeof version !== 'string')
    return null
  const controllers = Array.isArray(host.cgroupControllers) ? host.cgroupControllers : []
  return {
    name: 'podman',
    path,
    version,
    isRootless: (host.security as Info | undefined)?.rootless === true,
    keeps: { memory: controllers.includes('memory'), processes: controllers.includes('pids'), cpu: controllers.includes('cpu') },
  }
}

/** Without its server the command line answers too, with no version of it. */
function docker(path: string, info: Info): Engine | null {
  if (typeof info.ServerVersion !== 'string' || info.ServerVersion === '')
    return null
  const options = Array.isArray(info.SecurityOptions) ? info.SecurityOptions : []
  return {
    name: 'docker',
    path,
    version: info.ServerVersion,
    isRootless: options.some(option => String(option).includes('name=rootless')),
    keeps: { memory: info.MemoryLimit === true, processes: info.PidsLimit === true, cpu: info.CpuCfsQuota === true },
  }
}

function parsed(answer: string): Info | null {
  try {
    const value: unknown = JSON.parse(answer)
    return typeof value === 'object' && value !== null ? value as Info : null
  }
  catch {
    return null
  }
}

function lastLine(text: string): string {
  return (text.trim().split('\n').at(-1) ?? '').slice(0, 300)
}
