import type { RunCgroup } from './cgroup.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { killMarked } from './kill-marked.ts'
import { childrenOf, descendantsOf, findMarked, listProcesses, pidNamespaceOf, signalProcess } from './processes.ts'

/** What has to be known of an open session to end it. */
export interface ShellProcess {
  /** The process that we started. */
  outerPid: number
  /** The shell itself, as we see it: PID 1 of the namespace, or the same as `outerPid`. */
  shellPid: number
  hasPidNamespace: boolean
  marker: string
  /** Holds all that it started, whatever became of its parents and environment; null where there is none. */
  cgroup: RunCgroup | null
  /** Settles when the process that we started has ended. */
  exited: Promise<void>
  /** After that its pid may be another's. */
  hasExited: () => boolean
}

const SWEEP_MS = 20
const SWEEPS = 50
const EXIT_WAIT_MS = 2000

/**
 * Ends one command of a session: SIGTERM to its tree, the grace, then SIGKILL until nothing of it is left. True when the
 * command has ended; false when it could not be ended and the session must go.
 * `before` are the shell's children from earlier commands, which may go on.
 */
export async function terminateCommand(o: {
  shell: ShellProcess
  before: Set<number>
  graceMs: number
  ended: AbortSignal
  onSignal: (name: NodeJS.Signals) => void
}): Promise<boolean> {
  const send = (name: NodeJS.Signals) => {
    if (!o.ended.aborted)
      o.onSignal(name)
    return signalCommand(o.shell, o.before, name)
  }
  send('SIGTERM')
  await waitFor(o.ended, o.graceMs)
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    // One that was started while we looked is found by the next look.
    const found = send('SIGKILL')
    if (o.ended.aborted && found === 0)
      return true
    await (o.ended.aborted ? delay(SWEEP_MS) : waitFor(o.ended, SWEEP_MS))
  }
  return o.ended.aborted
}

/** Ends the session and all that it started. Resolves with how many processes outlived it and were killed one by one. */
export async function endSession(shell: ShellProcess): Promise<number> {
  if (!shell.hasPidNamespace) {
    if (!shell.hasExited())
      signalGroup(shell.outerPid, 'SIGKILL')
    await shell.exited
    // The marker finds most of them, the group those that have shed it as well.
    return await shell.cgroup?.kill() ?? killMarked(shell.marker)
  }
  if (shell.hasExited())
    return 0
  const namespace = pidNamespaceOf(shell.shellPid)
  // The kernel kills all that is in a PID namespace with its first process, and lets the outer process see the end only after that.
  signalProcess(shell.shellPid, 'SIGKILL')
  if (await settlesWithin(shell.exited, EXIT_WAIT_MS))
    return 0
  signalProcess(shell.outerPid, 'SIGKILL')
  await shell.exited
  return namespace === null ? 0 : killInNamespace(namespace)
}

/** Returns how many processes were there to be signalled; 0 where that cannot be known. */
function signalCommand(shell: ShellProcess, before: Set<number>, name: NodeJS.Signals): number {
  const processes = listProcesses()
  if (processes.length === 0) {
    signalGroup(shell.outerPid, name) // No /proc: the session's group is all that can be reached.
    return 0
  }
  const kept = new Set([...before].flatMap(pid => [pid, ...descendantsOf(pid, processes).map(entry => entry.pid)]))
  const targets = new Set((childrenOf(shell.shellPid) ?? []).flatMap(pid => [pid, ...descendantsOf(pid, processes).map(entry => entry.pid)]))
  if (!shell.hasPidNamespace) {
    const own = shell.cgroup?.processes() ?? findMarked(shell.marker, processes).map(entry => entry.pid)
    for (const pid of own) {
      if (pid !== shell.shellPid)
        targets.add(pid)
    }
  }
  const zombies = new Set(processes.filter(entry => entry.isZombie).map(entry => entry.pid))
  const alive = [...targets].filter(pid => !kept.has(pid) && !zombies.has(pid))
  for (const pid of alive)
    signalProcess(pid, name)
  return alive.length
}

async function killInNamespace(namespace: string): Promise<number> {
  const found = listProcesses().filter(entry => !entry.isZombie && pidNamespaceOf(entry.pid) === namespace)
  for (const entry of found)
    signalProcess(entry.pid, 'SIGKILL')
  return found.length
}

function signalGroup(pid: number, name: NodeJS.Signals): void {
  signalProcess(-pid, name)
}

async function waitFor(signal: AbortSignal, timeoutMs: number): Promise<void> {
  await delay(timeoutMs, undefined, { signal }).catch(() => {})
}

async function settlesWithin(promise: Promise<void>, timeoutMs: number): Promise<boolean> {
  const late = new AbortController()
  const outcome = await Promise.race([promise.then(() => true), delay(timeoutMs, false, { signal: late.signal }).catch(() => false)])
  late.abort()
  return outcome
}
