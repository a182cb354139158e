import type { RunUsage } from '../../domain/views/run.ts'
import type { RunCgroup } from '../sandbox/cgroup.ts'
import type { LimitWatch } from './limit-watch.ts'
import { measureDisk } from '../sandbox/disk-use.ts'
import { descendants, measure } from '../sandbox/measure.ts'

/** Measures what a run uses while it has a session, says it, and holds it against the limits. */
export interface UsageWatch {
  /** A command begins: measured often at first, then once a second. */
  begin(): void
  /** A command has ended: what the kernel counted of it is held against the limits before its outcome is told. */
  finish(hasFailed: boolean): void
  stop(): void
}

export interface UsageWatchOptions {
  /** The first process of the session that is open; null while none is. */
  root: () => number | null
  cgroup: () => RunCgroup | null
  limits: LimitWatch
  /** Host folders whose size counts. */
  folders: string[]
  send: (usage: RunUsage) => void
}

const FIRST_MS = 100
/** Where the kernel keeps memory and processes for the whole run, there is no hurry: most commands are over by then. */
const FIRST_IN_GROUP_MS = 500
const STEADY_MS = 1000
/** While no command runs and nothing has changed. */
const IDLE_MS = 5000
/** The disk is measured at most so often, and at most for so large a part of the time. */
const DISK_EVERY_MS = 2000
const DISK_SHARE = 20

export function createUsageWatch(o: UsageWatchOptions): UsageWatch {
  let timer: NodeJS.Timeout | null = null
  let waitMs = FIRST_MS
  let isBusy = false
  let isStopped = false
  let diskBytes: number | null = null
  let diskDueAt = performance.now() + DISK_EVERY_MS
  let isMeasuringDisk = false
  /** Something may have been written since it was measured. */
  let isDiskDue = false
  let lastSaid = ''
  let saidAt = 0

  return { begin, finish, stop }

  function begin(): void {
    isBusy = true
    isDiskDue = true
    waitMs = o.cgroup() ? FIRST_IN_GROUP_MS : FIRST_MS
    schedule()
  }

  function finish(hasFailed: boolean): void {
    isBusy = false
    const root = o.root()
    // Where no group counts, what a failed command has left behind tells whether it was over a limit.
    if (hasFailed && root !== null && o.cgroup() === null)
      check(usageOf(root))
    else if (hasFailed || o.limits.allowed('cpuTime') !== null)
      checkCounted()
  }

  function stop(): void {
    isStopped = true
    if (timer)
      clearTimeout(timer)
  }

  function schedule(): void {
    if (isStopped)
      return
    if (timer)
      clearTimeout(timer)
    timer = setTimeout(look, waitMs)
  }

  function look(): void {
    const root = o.root()
    if (root === null)
      return // The next command looks again.
    const usage = usageOf(root)
    check(usage)
    say(usage)
    isDiskDue ||= isBusy || usage.processes > 0
    if (isDiskDue)
      measureFolders()
    waitMs = isBusy ? Math.min(waitMs * 2, STEADY_MS) : Math.min(Math.max(waitMs, STEADY_MS) * 2, IDLE_MS)
    schedule()
  }

  function usageOf(root: number): RunUsage {
    const cgroup = o.cgroup()
    const counted = cgroup?.usage()
    const found = measure(cgroup?.processes() ?? descendants(root))
    return {
      at: new Date().toISOString(),
      cpuMs: Math.round(counted?.cpuMs ?? found.cpuMs),
      memoryBytes: counted?.memoryBytes ?? found.memoryBytes,
      // The session's shell is ours.
      processes: Math.max(0, (counted?.processes ?? found.tasks) - 1),
      files: found.files,
      diskBytes,
      tree: found.tree,
      omitted: found.omitted,
    }
  }

  function check(usage: RunUsage): void {
    checkCounted()
    hold('cpuTime', usage.cpuMs)
    hold('memory', usage.memoryBytes)
    hold('processes', usage.processes)
    hold('files', usage.files)
  }

  /** What the kernel has counted says more than a look now and then. */
  function checkCounted(): void {
    const counted = o.cgroup()?.usage()
    if (!counted)
      return
    if (counted.memoryKills > 0)
      o.limits.reach('memory', Math.max(counted.memoryBytes ?? 0, o.limits.allowed('memory') ?? 0))
    if (counted.refusedProcesses > 0)
      o.limits.reach('processes', Math.max(counted.processes ?? 0, o.limits.allowed('processes') ?? 0))
    if (counted.cpuMs !== null)
      hold('cpuTime', counted.cpuMs)
  }

  function hold(limit: 'cpuTime' | 'memory' | 'processes' | 'files' | 'disk', used: number): void {
    const allowed = o.limits.allowed(limit)
    if (allowed === null)
      return
    o.limits.use(limit, used)
    // Some more than are allowed may be had where the kernel counts, so that one too many is seen.
    if (limit === 'processes' ? used > allowed : used >= allowed)
      o.limits.reach(limit, used)
  }

  /** Not again what was said just now: a run that waits costs nothing. */
  function say(usage: RunUsage): void {
    const text = JSON.stringify({ ...usage, at: '' })
    if (text === lastSaid && Date.now() - saidAt < IDLE_MS)
      return
    lastSaid = text
    saidAt = Date.now()
    o.send(usage)
  }

  function measureFolders(): void {
    const startedAt = performance.now()
    if (isMeasuringDisk || startedAt < diskDueAt || o.folders.length === 0)
      return
    isMeasuringDisk = true
    isDiskDue = false
    void measureDisk(o.folders).then((bytes) => {
      isMeasuringDisk = false
      const tookMs = performance.now() - startedAt
      diskDueAt = performance.now() + Math.max(DISK_EVERY_MS, tookMs * DISK_SHARE)
      diskBytes = bytes ?? diskBytes
      if (bytes !== null && !isStopped)
        hold('disk', bytes)
    })
  }
}
