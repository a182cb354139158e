import type { NewEvent } from '../../domain/event.ts'
import type { StartRun } from '../protocol/input.ts'
import type { RunCgroup } from '../sandbox/cgroup.ts'
import type { Ground } from '../sandbox/probe.ts'
import type { Session } from '../sandbox/session.ts'
import type { Opened } from '../sandbox/shell-session.ts'
import { inputEnvironment } from '../../domain/manifest/inputs.ts'
import { createRunCgroup } from '../sandbox/cgroup.ts'
import { openSession } from '../sandbox/open.ts'
import { newEvent } from './new-event.ts'

/** The session of a run: opened once, and again when it was lost; and the control group that holds them. */
export interface Sessions {
  open(): Promise<Opened>
  /** The same, for a command. */
  use(): Promise<Opened>
  /** One more, for a process that the run's commands have no part in; closed with the others. */
  openAnother(): Promise<Opened>
  /** Ends a session in which commands have run, with all that they left running: the next one opens another. */
  renew(): Promise<void>
  /** The one that is open. */
  current(): Session | null
  cgroup(): RunCgroup | null
  /** Resolves with the number of survivors. */
  close(): Promise<number>
}

export function createSessions(start: StartRun, ground: Ground, emit: (event: NewEvent) => void): Sessions {
  let opening: Promise<Opened> | null = null
  let cgroup: RunCgroup | null = null
  let isUsed = false
  /** What `opening` came to; null while it goes on. */
  let last: Session | null = null
  const all: Session[] = []
  const spec = { ...start.sandbox, env: { ...start.sandbox.env, ...inputEnvironment(start.work.task, start.work.inputs) } }
  const { level } = spec
  const others: Session[] = []
  let lastOther = 0
  return { open, use, openAnother, renew, close, current: () => all.findLast(session => !session.isLost) ?? null, cgroup: () => cgroup }

  function open(): Promise<Opened> {
    if (!opening || last?.isLost)
      opening = openNow()
    return opening
  }

  function use(): Promise<Opened> {
    isUsed = true
    return open()
  }

  async function openAnother(): Promise<Opened> {
    const opened = await tryOpen(`${start.runId}-${++lastOther}`)
    if ('session' in opened)
      others.push(opened.session)
    return opened
  }

  async function renew(): Promise<void> {
    const opened = isUsed ? await opening : null
    if (opened && 'session' in opened)
      await opened.session.close()
    isUsed = false
  }

  async function openNow(): Promise<Opened> {
    const lost = last
    last = null
    await lost?.close() // Without a namespace it ends all that has the run's mark: what the next one starts, too.
    const startedAt = performance.now()
    const opened = await tryOpen()
    if ('session' in opened) {
      last = opened.session
      all.push(opened.session)
      emit(newEvent('sandbox.opened', {
        level: opened.session.level,
        by: opened.session.by,
        durationMs: Math.round(performance.now() - startedAt),
        network: networkOf(spec),
        keepers: ground.levels.find(one => one.level === level)!.keepers, // A session is opened at no other level.
      }))
    }
    else {
      opening = null
    }
    return opened
  }

  async function tryOpen(beside?: string): Promise<Opened> {
    const tree = level === 'process' || level === 'sandbox' ? ground.cgroups : null
    try {
      cgroup ??= tree && createRunCgroup(tree, start.runId, start.limits)
    }
    catch (error) {
      return { error: `its control group could not be made: ${(error as Error).message}` }
    }
    const groupKeeps = { memory: tree?.memory != null, processes: tree?.processes != null }
    const { runId, limits, graceMs } = start
    const plan = { runId, spec, limits, cgroup, groupKeeps, engine: ground.engine ?? null, graceMs }
    const shape = beside === undefined ? { hasInput: start.work.runtime === 'acp' } : { beside }
    return openSession({ ...plan, ...shape }, ground.levels)
  }

  async function close(): Promise<number> {
    await opening
    const ends = await Promise.all([...all, ...others].map(session => session.close()))
    const left = await cgroup?.kill() ?? 0
    void cgroup?.remove() // What it did not let go is taken away when a server starts again.
    return ends.reduce((sum, end) => sum + end.survivors, left)
  }
}

/** Where nothing keeps it in, a run has the network of this machine, whatever its manifest says. */
function networkOf({ level, network }: StartRun['sandbox']): 'none' | 'open' | string[] {
  return level === 'process' || level === 'none' ? 'open' : network
}
