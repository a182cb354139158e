import { Buffer } from 'node:buffer'
import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs'

/** What /proc says of one process, by the pids of our own namespace. */
export interface ProcessEntry {
  pid: number
  parent: number
  session: number
  isZombie: boolean
}

/** Every process that can be seen; empty where there is no /proc. One scan is one moment, so it is not asynchronous. */
export function listProcesses(): ProcessEntry[] {
  const entries: ProcessEntry[] = []
  for (const name of readProc()) {
    const entry = readStat(Number(name))
    if (entry)
      entries.push(entry)
  }
  return entries
}

/** The processes below `pid`, without it. */
export function descendantsOf(pid: number, processes: ProcessEntry[]): ProcessEntry[] {
  const found = new Set([pid])
  let size
  do {
    size = found.size
    for (const entry of processes) {
      if (found.has(entry.parent))
        found.add(entry.pid)
    }
  } while (found.size > size)
  return processes.filter(entry => entry.pid !== pid && found.has(entry.pid))
}

/**
 * The processes that carry `marker` (a line of their environment), their descendants, and who shares a session with one of
 * them. A process that cleared its environment, left its session and lost its parent is not found: only a PID namespace holds that.
 */
export function findMarked(marker: string, processes: ProcessEntry[]): ProcessEntry[] {
  const marked = processes.filter(entry => !entry.isZombie && hasInEnvironment(entry.pid, marker))
  const pids = new Set(marked.map(entry => entry.pid))
  const sessions = new Set(marked.filter(entry => entry.session === entry.pid).map(entry => entry.session))
  for (const entry of marked) {
    for (const child of descendantsOf(entry.pid, processes))
      pids.add(child.pid)
  }
  return processes.filter(entry => !entry.isZombie && entry.pid !== process.pid && (pids.has(entry.pid) || sessions.has(entry.session)))
}

/** All that a name stands for in the environments of all of them: a process may have given itself the name twice. */
export function valuesInEnvironments(name: string, processes: ProcessEntry[]): Set<string> {
  const line = new RegExp(`\\0${name}=([^\\0]*)`, 'g')
  return new Set(processes.flatMap(({ pid }) => Array.from(environmentOf(pid).matchAll(line), ([, value]) => value!))) // the pattern has one
}

/** The children of one process, cheaply; null when it is gone. */
export function childrenOf(pid: number): number[] | null {
  try {
    return readWhole(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
  }
  catch {
    const processes = listProcesses()
    return processes.some(entry => entry.pid === pid) ? processes.filter(entry => entry.parent === pid).map(entry => entry.pid) : null
  }
}

/** Which PID namespace a process is in: `pid:[4026531836]`; null when it is gone or not ours to see. */
export function pidNamespaceOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`)
  }
  catch {
    return null
  }
}

/** False when the process had ended already, or is not ours. */
export function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  }
  catch {
    return false
  }
}

function readProc(): string[] {
  try {
    return readdirSync('/proc').filter(name => name >= '1' && name <= '9999999999')
  }
  catch {
    return []
  }
}

function readStat(pid: number): ProcessEntry | null {
  try {
    const stat = readWhole(`/proc/${pid}/stat`)
    // The name, in parentheses, may hold anything.
    const [state, parent, , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { pid, parent: Number(parent), session: Number(session), isZombie: state === 'Z' || state === 'X' }
  }
  catch {
    return null
  }
}

function hasInEnvironment(pid: number, marker: string): boolean {
  return environmentOf(pid).includes(`\0${marker}\0`)
}

/** Each line between two NULs; nothing when it has ended, or is not ours to see. */
function environmentOf(pid: number): string {
  try {
    return `\0${readWhole(`/proc/${pid}/environ`)}`
  }
  catch {
    return ''
  }
}

const buffer = Buffer.allocUnsafeSlow(64 * 1024)

/** One file of /proc, through one buffer for all: readFileSync makes one of 64 KiB for each, which is most of what a scan would cost. */
function readWhole(path: string): string {
  const file = openSync(path, 'r')
  try {
    let text = ''
    for (let sizeBytes = readSync(file, buffer); sizeBytes > 0; sizeBytes = readSync(file, buffer))
      text += buffer.toString('latin1', 0, sizeBytes)
    return text
  }
  finally {
    closeSync(file)
  }
}
