import type { ProcessView } from '../../domain/views/run.ts'
import { readdirSync, readFileSync } from 'node:fs'
import { childrenOf } from './processes.ts'

/** What processes use by what /proc says of each; the sum is theirs alone, without what a control group may know better. */
export interface ProcessesUsage {
  cpuMs: number
  /** Without the pages of files and libraries, which they share. */
  memoryBytes: number
  /** With threads. */
  tasks: number
  /** Open files of the process that has most; 0 where we may not look. */
  files: number
  tree: ProcessView[]
  omitted: number
}

/** How long a clock tick of /proc is; 100 a second on every Linux that runs Node. */
const TICK_MS = 10
const MAX_SHOWN = 200
/** A fork bomb must not make us its second victim. */
const MAX_MEASURED = 2000
const MAX_COMMAND = 300

/** The first process and all that descends from it, parents first. */
export function descendants(root: number): number[] {
  const found = [root]
  for (let index = 0; index < found.length && found.length < MAX_MEASURED; index++)
    found.push(...childrenOfAllThreads(found[index]!))
  return found
}

/** Processes that have ended meanwhile are passed over. */
export function measure(pids: number[]): ProcessesUsage {
  const usage: ProcessesUsage = { cpuMs: 0, memoryBytes: 0, tasks: 0, files: 0, tree: [], omitted: 0 }
  const known = new Set(pids)
  for (const pid of pids.slice(0, MAX_MEASURED)) {
    const found = readProcess(pid)
    if (!found)
      continue
    usage.cpuMs += found.cpuMs + found.waitedForMs
    usage.memoryBytes += found.ownBytes
    usage.tasks += found.threads
    usage.files = Math.max(usage.files, countFiles(pid))
    if (usage.tree.length < MAX_SHOWN)
      usage.tree.push(viewOf(pid, found, known))
    else
      usage.omitted++
  }
  usage.omitted += Math.max(0, pids.length - MAX_MEASURED)
  usage.tree = parentsFirst(usage.tree)
  return usage
}

function viewOf(pid: number, { parent, name, cpuMs, memoryBytes, startedAt }: Found, known: Set<number>): ProcessView {
  return { pid, parent: known.has(parent) ? parent : 0, command: commandOf(pid, name), cpuMs, memoryBytes, startedAt }
}

function childrenOfAllThreads(pid: number): number[] {
  const threads = list(`/proc/${pid}/task`)
  if (threads.length <= 1)
    return childrenOf(pid) ?? []
  return threads.flatMap(thread => read(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number))
}

interface Found {
  parent: number
  name: string
  cpuMs: number
  /** Of children that have ended and been waited for. */
  waitedForMs: number
  threads: number
  memoryBytes: number
  /** What of it no file stands behind. */
  ownBytes: number
  startedAt: string
}

function readProcess(pid: number): Found | null {
  const stat = read(`/proc/${pid}/stat`)
  const end = stat.lastIndexOf(')')
  if (end < 0)
    return null
  // From `state` on: 0 state, 1 ppid, 11 utime, 12 stime, 13 cutime, 14 cstime, 17 num_threads, 19 starttime.
  const fields = stat.slice(end + 2).split(' ')
  if (fields[0] === 'Z' || fields[0] === 'X')
    return null
  const at = (index: number) => Number(fields[index])
  const [, resident = 0, shared = 0] = read(`/proc/${pid}/statm`).split(' ').map(Number)
  return {
    parent: at(1),
    name: stat.slice(stat.indexOf('(') + 1, end),
    cpuMs: (at(11) + at(12)) * TICK_MS,
    waitedForMs: (at(13) + at(14)) * TICK_MS,
    threads: at(17),
    memoryBytes: resident * pageBytes(),
    ownBytes: Math.max(0, resident - shared) * pageBytes(),
    startedAt: new Date(startedUpAt() + at(19) * TICK_MS).toISOString(),
  }
}

function commandOf(pid: number, name: string): string {
  const words = read(`/proc/${pid}/cmdline`, 'utf8').slice(0, MAX_COMMAND * 4).replace(/\0+$/, '').replaceAll('\0', ' ')
  return (words || `[${name}]`).slice(0, MAX_COMMAND)
}

function countFiles(pid: number): number {
  return list(`/proc/${pid}/fd`).length
}

function parentsFirst(tree: ProcessView[]): ProcessView[] {
  const children = Map.groupBy(tree, process => process.parent)
  const ordered: ProcessView[] = []
  const add = (parent: number) => {
    for (const process of children.get(parent) ?? []) {
      ordered.push(process)
      add(process.pid)
    }
  }
  add(0)
  return ordered
}

let pageSize = 0

/** 4 KiB on most machines, up to 64 on some. */
function pageBytes(): number {
  pageSize ||= Number(/^KernelPageSize: +(\d+) kB$/m.exec(read('/proc/self/smaps'))?.[1] ?? 4) * 1024
  return pageSize
}

let bootAt = 0

function startedUpAt(): number {
  bootAt ||= Number(/^btime (\d+)$/m.exec(read('/proc/stat'))?.[1] ?? 0) * 1000
  return bootAt
}

function list(path: string): string[] {
  try {
    return readdirSync(path)
  }
  catch {
    return []
  }
}

function read(path: string, encoding: 'latin1' | 'utf8' = 'latin1'): string {
  try {
    return readFileSync(path, encoding)
  }
  catch {
    return ''
  }
}
