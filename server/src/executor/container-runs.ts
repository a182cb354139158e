import type { LevelStatus } from '../domain/views/system.ts'
import type { ExecutorHost, ExecutorHostOptions } from './host-contract.ts'
import type { EngineAccess, EngineFinding } from './sandbox/engine.ts'
import { homedir } from 'node:os'
import process from 'node:process'
import { removeContainers } from './sandbox/container.ts'
import { containerLevel, findEngine } from './sandbox/engine.ts'
import { keepersOf } from './sandbox/keepers.ts'
import { SYSTEM_PATH } from './sandbox/programs.ts'

/**
 * Runs of level container have an executor of their own, started with the first of them. Whoever may speak to an engine may do
 * what the engine may; the executor of all other runs, which has given its user away, must not be that. What holds the agent
 * here is the engine.
 */
export interface ContainerRuns {
  /** Looks for an engine, once. */
  start(): Promise<void>
  stop(): Promise<void>
  /** What has been found until now; neither proven nor missing while it is being looked for. */
  readonly level: LevelStatus
  /** null when no engine answers. */
  host(): Promise<ExecutorHost | null>
  readonly started: ExecutorHost | null
  /** Removes what a lost executor has left. Resolves with how many containers there were. */
  reap(runIds: string[], isRunning: (runId: string) => boolean): Promise<number>
}

export function createContainerRuns(o: ExecutorHostOptions, createHost: (options: ExecutorHostOptions) => ExecutorHost): ContainerRuns {
  let looking: Promise<EngineFinding> | null = null
  let finding: EngineFinding | null = null
  let host: ExecutorHost | null = null
  const environment = engineEnvironment()
  const over = new AbortController()

  return {
    async start() {
      await look()
    },
    async stop() {
      const last = host
      host = null
      over.abort() // An engine that is still asked need not answer.
      await Promise.all([last?.stop(), looking])
    },
    get level() {
      const access = accessOf(finding)
      const missing = finding && 'missing' in finding ? finding.missing : null
      return access ? containerLevel(access) : { level: 'container' as const, proven: false, by: null, missing, keepers: keepersOf('container', null) }
    },
    async host() {
      const access = accessOf(await look())
      if (access && !host) {
        host = createHost({ ...o, runAs: null, cgroup: null, engine: access })
        void host.start().catch(() => {}) // Each run that waits for it hears of it.
      }
      return host
    },
    get started() {
      return host
    },
    async reap(runIds, isRunning) {
      const access = accessOf(await look())
      return access && runIds.length > 0 ? removeContainers(runIds, access, isRunning) : 0
    },
  }

  async function look(): Promise<EngineFinding> {
    looking ??= findEngine(environment, { candidates: o.engines, signal: over.signal })
    finding = await looking
    return finding
  }

  function accessOf(found: EngineFinding | null): EngineAccess | null {
    return found && 'engine' in found ? { engine: found.engine, environment } : null
  }
}

/** What the engines' command lines need to find their own: never the server's settings. A daemon on another machine cannot see our folders. */
function engineEnvironment(): Record<string, string> {
  const { XDG_RUNTIME_DIR, DOCKER_HOST } = process.env
  return {
    PATH: SYSTEM_PATH,
    HOME: homedir(),
    ...(XDG_RUNTIME_DIR ? { XDG_RUNTIME_DIR } : {}),
    ...(DOCKER_HOST?.startsWith('unix://') ? { DOCKER_HOST } : {}),
  }
}
