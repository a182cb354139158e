import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { signalProcess } from './processes.ts'

/**
 * Folders of control groups that are ours to divide, one for each thing that a group does; null where this machine does not
 * let us. With cgroup v2 they are one folder, with v1 one for each controller, and on a machine that has both, both.
 */
export interface CgroupTree {
  /** Of version 2, with or without controllers: it counts CPU time and kills. */
  unified: string | null
  memory: CgroupFolder | null
  processes: CgroupFolder | null
  cpu: CgroupFolder | null
}

export interface CgroupFolder { path: string, version: 1 | 2 }

/** What the kernel keeps for a group; null: not by this group. */
export interface CgroupLimits {
  memoryBytes: number
  processes: number
  /** Processors at a time. */
  cpu: number
}

/** What the kernel says of a group; null where it does not count that. */
export interface CgroupUsage {
  cpuMs: number | null
  /** Without what the kernel could give back at once (clean pages of files). */
  memoryBytes: number | null
  processes: number | null
  /** How often the kernel has killed a process of the group for want of memory. */
  memoryKills: number
  /** How often it refused to start one more process. */
  refusedProcesses: number
}

/** One control group of one run. */
export interface RunCgroup {
  /** From now on this process, and all that it starts, belongs to the group. Throws what the kernel says. */
  attach(pid: number): void
  /** Its processes, by the pids of our own namespace. */
  processes(): number[]
  usage(): CgroupUsage
  /** Kills all that is in it, until nothing is. Resolves with how many processes there were. */
  kill(): Promise<number>
  /** Takes the group away; there must be no process in it. Resolves with false when the kernel did not let us. */
  remove(): Promise<boolean>
}

const REMOVAL_TRIES = 100
const SWEEPS = 100
const WAIT_MS = 10
const CPU_PERIOD_US = 100_000

/** Makes the group of a run below `tree`. Throws what the file system says. */
export function createRunCgroup(tree: CgroupTree, name: string, limits: CgroupLimits): RunCgroup {
  const own = (folder: CgroupFolder | null) => folder && { ...folder, path: `${folder.path}/${name}` }
  const [memory, processes, cpu] = [own(tree.memory), own(tree.processes), own(tree.cpu)]
  const unified = tree.unified === null ? null : `${tree.unified}/${name}`
  const folders = foldersOf(tree, name)
  for (const path of folders)
    mkdirSync(path, { recursive: true })
  if (memory)
    limitMemory(memory, limits.memoryBytes)
  if (processes)
    write(`${processes.path}/pids.max`, limits.processes)
  if (cpu)
    limitCpu(cpu, limits.cpu)

  return {
    attach: pid => folders.forEach(path => write(`${path}/cgroup.procs`, pid)),
    processes: () => processesIn(folders.slice(0, 1)),
    usage: () => ({
      cpuMs: unified === null ? cpuTimeOf(cpu) : cpuTimeOf({ path: unified, version: 2 }),
      memoryBytes: memory && memoryOf(memory),
      processes: processes && Number(read(`${processes.path}/pids.current`)),
      memoryKills: memory ? fieldOf(`${memory.path}/${memory.version === 2 ? 'memory.events' : 'memory.oom_control'}`, 'oom_kill') ?? 0 : 0,
      refusedProcesses: processes ? fieldOf(`${processes.path}/pids.events`, 'max') ?? 0 : 0,
    }),
    kill: () => killIn(folders),
    remove: () => removeAll(folders),
  }
}

/** Kills what is in these groups and takes them away, whoever made them. Resolves with how many processes there were. */
export async function clearCgroups(folders: string[]): Promise<number> {
  const killed = await killIn(folders)
  await removeAll(folders)
  return killed
}

/** The folders of the group of this name, whether it is there or not; `.` for the tree itself. */
export function foldersOf(tree: CgroupTree, name: string): string[] {
  return [...new Set([tree.unified, tree.memory?.path, tree.processes?.path, tree.cpu?.path])].flatMap(path => path ? [join(path, name)] : [])
}

function limitMemory({ path, version }: CgroupFolder, bytes: number): void {
  if (version === 2) {
    write(`${path}/memory.max`, bytes)
    tryWrite(`${path}/memory.swap.max`, 0)
    return
  }
  write(`${path}/memory.limit_in_bytes`, bytes)
  tryWrite(`${path}/memory.memsw.limit_in_bytes`, bytes)
}

function limitCpu({ path, version }: CgroupFolder, cpu: number): void {
  const quotaUs = Math.max(1000, Math.round(cpu * CPU_PERIOD_US))
  if (version === 2)
    return write(`${path}/cpu.max`, `${quotaUs} ${CPU_PERIOD_US}`)
  write(`${path}/cpu.cfs_period_us`, CPU_PERIOD_US)
  write(`${path}/cpu.cfs_quota_us`, quotaUs)
}

function cpuTimeOf(folder: CgroupFolder | null): number | null {
  if (!folder)
    return null
  if (folder.version === 2)
    return (fieldOf(`${folder.path}/cpu.stat`, 'usage_usec') ?? 0) / 1000
  const ns = read(`${folder.path}/cpuacct.usage`) // Where both controllers are mounted as one.
  return ns === '' ? null : Number(ns) / 1e6
}

function memoryOf({ path, version }: CgroupFolder): number {
  const all = Number(read(`${path}/${version === 2 ? 'memory.current' : 'memory.usage_in_bytes'}`))
  const idle = fieldOf(`${path}/memory.stat`, version === 2 ? 'inactive_file' : 'total_inactive_file') ?? 0
  return Math.max(0, all - idle)
}

function processesIn(folders: string[]): number[] {
  return [...new Set(folders.flatMap(path => read(`${path}/cgroup.procs`).split('\n').filter(Boolean).map(Number)))]
}

/** The kernel kills a whole group of version 2 at once (Linux 5.14); else one by one, until a look finds nothing. */
async function killIn(folders: string[]): Promise<number> {
  const killed = new Set<number>()
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const found = processesIn(folders)
    if (found.length === 0)
      break
    for (const path of folders)
      tryWrite(`${path}/cgroup.kill`, 1)
    for (const pid of found) {
      killed.add(pid)
      signalProcess(pid, 'SIGKILL')
    }
    await delay(sweep === 0 ? 1 : WAIT_MS)
  }
  return killed.size
}

async function removeAll(folders: string[]): Promise<boolean> {
  const gone = await Promise.all(folders.map(removeFolder))
  return gone.every(Boolean)
}

/** A process that has ended still counts for a moment. */
async function removeFolder(path: string): Promise<boolean> {
  for (let count = 0; count < REMOVAL_TRIES; count++) {
    try {
      rmdirSync(path)
      return true
    }
    catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EBUSY')
        return code === 'ENOENT'
    }
    await delay(WAIT_MS)
  }
  return false
}

function fieldOf(path: string, name: string): number | null {
  const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(read(path))
  return found ? Number(found[1]) : null
}

/** Empty when it is not there (any more). */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  }
  catch {
    return ''
  }
}

function write(path: string, value: string | number): void {
  writeFileSync(path, String(value))
}

function tryWrite(path: string, value: string | number): void {
  try {
    write(path, value)
  }
  catch {
    // This kernel has no such file.
  }
}
