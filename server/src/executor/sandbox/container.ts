import type { RunLimits } from '../../domain/views/run.ts'
import type { SandboxSpec } from '../protocol/input.ts'
import type { EngineAccess } from './engine.ts'
import type { Opened } from './shell-session.ts'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { removeArguments, RUN_LABEL, whyNoContainer } from './container-command.ts'
import { openContainer } from './container-session.ts'
import { callEngine } from './engine.ts'
import { INSIDE } from './layout.ts'

/** What a container is opened for. */
interface ContainerRun {
  runId: string
  spec: SandboxSpec
  limits: RunLimits
  graceMs: number
}

/** Opens the container of an attempt, or says why not. */
export async function openContainerSession(o: ContainerRun, { engine, environment }: EngineAccess): Promise<Opened> {
  const refusal = whyNoContainer(o.spec)
  if (refusal)
    return { error: refusal }
  const { uid, gid } = statSync(o.spec.workspacePath)
  // In the run's own folder, which is removed with it.
  const emptyPath = join(dirname(o.spec.homePath), '.empty')
  mkdirSync(emptyPath, { recursive: true, mode: 0o555 })
  return openContainer({
    engine,
    engineEnvironment: environment,
    container: {
      name: `agentos-${o.runId}-${randomBytes(4).toString('hex')}`,
      runId: o.runId,
      spec: o.spec,
      limits: o.limits,
      emptyPath,
      user: { uid, gid },
      ceilings: ownCeilings(),
    },
    environment: o.spec.env,
    fixed: {
      HOME: INSIDE.home,
      TMPDIR: '/tmp',
      LANG: 'C.UTF-8',
      TERM: 'dumb',
      // The workspace may belong to another owner than the one who reads it.
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      AGENTOS_RUN: o.runId,
    },
    graceMs: o.graceMs,
  })
}

/** Removes the containers of runs that have lost their executor. Resolves with how many there were. */
export async function removeContainers(runIds: string[], { engine, environment }: EngineAccess, isRunning: (runId: string) => boolean): Promise<number> {
  const found: string[] = []
  for (const runId of runIds) {
    const listed = await callEngine(engine.path, ['ps', '--all', '--quiet', '--filter', `label=${RUN_LABEL}=${runId}`], environment)
    // A new attempt's container is made after it began: it is not among these.
    if (!isRunning(runId))
      found.push(...listed.output.split('\n').filter(Boolean))
  }
  if (found.length > 0)
    await callEngine(engine.path, removeArguments(engine, found), environment)
  return found.length
}

/** More than we may have ourselves an engine that is started by us cannot give. */
function ownCeilings(): { processes: number | null, files: number | null, fileBytes: number | null } {
  const text = readLimits()
  const hard = (name: string) => {
    const value = new RegExp(`^${name} +\\S+ +(\\d+)`, 'm').exec(text)?.[1]
    return value === undefined ? null : Number(value)
  }
  return { processes: hard('Max processes'), files: hard('Max open files'), fileBytes: hard('Max file size') }
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8')
  }
  catch {
    return '' // No /proc: the engine says so itself when it is too much.
  }
}
