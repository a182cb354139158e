import type { CgroupFolder, CgroupTree } from './sandbox/cgroup.ts'
import { chownSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { clearCgroups, foldersOf } from './sandbox/cgroup.ts'

/** A subtree of control groups for the executors of this server. */
export interface DelegatedCgroup {
  tree: CgroupTree
  /** Puts an executor where it may divide the subtree. Throws what the kernel says. */
  adopt: (executorPid: number) => void
  /** Gives it back when the executors have ended. */
  release: () => Promise<void>
}

export interface Delegation {
  /** null where this machine lets us have none at all. */
  cgroup: DelegatedCgroup | null
  /** Processes of servers that are gone, found by their control groups and killed. */
  killedProcesses: number
}

/** A process that starts several servers has a subtree for each. */
let taken = 0
/** Where the executors themselves are. */
const EXECUTORS = 'executors'
const PREFIX = 'agentos'
const V2_CONTROLLERS = ['memory', 'pids', 'cpu']

/**
 * Takes a subtree of this process's own control groups and gives it to the user of the executors. What servers that are gone
 * have left there is killed and taken away. For the worker, once at its start.
 */
export async function delegateCgroup(runAs: { uid: number, gid: number } | null): Promise<Delegation> {
  const hierarchies = findHierarchies()
  const killedProcesses = await reapStale(hierarchies)
  const name = `${nameOf(process.pid)}-${++taken}`
  const unifiedOwn = hierarchies.find(one => one.version === 2)
  const v2 = unifiedOwn ? takeUnified(unifiedOwn.own, name, runAs) : null
  const byController = (controller: string): CgroupFolder | null => {
    if (v2?.controllers.includes(controller))
      return { path: v2.path, version: 2 }
    const own = hierarchies.find(one => one.version === 1 && one.controllers.includes(controller))?.own
    const path = own === undefined ? null : take(join(own, name), runAs)
    return path === null ? null : { path, version: 1 }
  }
  const tree: CgroupTree = { unified: v2?.path ?? null, memory: byController('memory'), processes: byController('pids'), cpu: byController('cpu') }
  const folders = foldersOf(tree, '.')
  if (folders.length === 0)
    return { cgroup: null, killedProcesses }
  return {
    cgroup: {
      tree,
      adopt: pid => v2 && writeFileSync(join(v2.path, EXECUTORS, 'cgroup.procs'), String(pid)),
      async release() {
        await clearCgroups(foldersOf(tree, EXECUTORS))
        await clearCgroups(folders)
      },
    },
    killedProcesses,
  }
}

interface Hierarchy {
  version: 1 | 2
  controllers: string[]
  /** The folder of the group that this process is in. */
  own: string
}

function findHierarchies(): Hierarchy[] {
  const mounts = readText('/proc/self/mountinfo').split('\n').map(line => line.split(' '))
  return readText('/proc/self/cgroup').trim().split('\n').flatMap((line): Hierarchy[] => {
    const [id, names = '', ...rest] = line.split(':')
    const path = rest.join(':')
    const version = id === '0' ? 2 : 1
    const controllers = names.split(',')
    const mount = mounts.find((fields) => {
      const [type, , options = ''] = fields.slice(fields.indexOf('-') + 1)
      return version === 2 ? type === 'cgroup2' : type === 'cgroup' && controllers.every(name => options.split(',').includes(name))
    })
    const [, , , root = '/', point] = mount ?? []
    if (point === undefined)
      return []
    const below = root === '/' ? path : path.startsWith(root) ? path.slice(root.length) : ''
    return [{ version, controllers, own: join(point, below) }]
  })
}

/**
 * In version 2 a group that holds processes cannot hand controllers down, the topmost one excepted. So this process moves into a
 * group of its own first; where others share its group, that does not help, and root takes a group at the top instead.
 */
function takeUnified(own: string, name: string, runAs: { uid: number, gid: number } | null): { path: string, controllers: string[] } | null {
  const candidates = process.getuid?.() === 0 ? [own, topOf(own)] : [own]
  const parent = candidates.find(folder => available(folder).length === 0 || handDown(folder, available(folder), name))
  const path = parent === undefined ? null : take(join(parent, name), runAs)
  if (parent === undefined || path === null || take(join(path, EXECUTORS), runAs) === null)
    return null
  return { path, controllers: enable(path, available(path)) }
}

/** Of the controllers that we use, those that may be handed down from a group. */
function available(folder: string): string[] {
  const names = readText(join(folder, 'cgroup.controllers')).split(/\s+/)
  return V2_CONTROLLERS.filter(controller => names.includes(controller))
}

function handDown(folder: string, controllers: string[], name: string): boolean {
  if (enable(folder, controllers).length === controllers.length)
    return true
  const aside = join(folder, `${name}-server`)
  try {
    mkdirSync(aside, { recursive: true })
    writeFileSync(join(aside, 'cgroup.procs'), String(process.pid))
  }
  catch {
    return false
  }
  if (enable(folder, controllers).length > 0)
    return true
  tryWrite(join(folder, 'cgroup.procs'), String(process.pid))
  return false
}

/** Those that are handed down now. */
function enable(folder: string, controllers: string[]): string[] {
  for (const controller of controllers)
    tryWrite(join(folder, 'cgroup.subtree_control'), `+${controller}`)
  const enabled = readText(join(folder, 'cgroup.subtree_control')).split(/\s+/)
  return controllers.filter(controller => enabled.includes(controller))
}

function topOf(own: string): string {
  const parent = dirname(own)
  return parent !== own && isCgroup(parent) ? topOf(parent) : own
}

function isCgroup(folder: string): boolean {
  try {
    return readdirSync(folder).includes('cgroup.procs')
  }
  catch {
    return false
  }
}

/** Makes a group and gives it to the executors' user; null where that is not allowed. */
function take(path: string, runAs: { uid: number, gid: number } | null): string | null {
  try {
    mkdirSync(path, { recursive: true })
    if (runAs) {
      for (const file of [path, ...['cgroup.procs', 'cgroup.threads', 'cgroup.subtree_control'].map(name => join(path, name))])
        tryChown(file, runAs)
    }
    return path
  }
  catch {
    return null
  }
}

/** The groups of servers that have ended. Only those of our own PID namespace can be told from living ones. */
async function reapStale(hierarchies: Hierarchy[]): Promise<number> {
  const places = [...new Set(hierarchies.flatMap(({ own, version }) => version === 2 && process.getuid?.() === 0 ? [own, topOf(own)] : [own]))]
  let killed = 0
  for (const place of places) {
    for (const name of childrenOf(place).filter(isStale)) {
      const group = join(place, name)
      killed += await clearCgroups(childrenOf(group).map(inner => join(group, inner)))
      killed += await clearCgroups([group])
    }
  }
  return killed
}

function childrenOf(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isDirectory()).map(entry => entry.name)
  }
  catch {
    return []
  }
}

/** `agentos-<PID namespace>-<pid>-<start time>-…`: tells whether its server still lives, also when the pid is another's by now. */
function nameOf(pid: number): string {
  return [PREFIX, pidNamespace(), pid, startOf(pid)].join('-')
}

function isStale(name: string): boolean {
  const [prefix, namespace, pid, start] = name.split('-')
  return prefix === PREFIX && namespace === pidNamespace() && start !== undefined && startOf(Number(pid)) !== start
}

function pidNamespace(): string {
  return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')
}

/** In ticks since the machine started; empty when there is no such process. */
function startOf(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

function tryChown(path: string, { uid, gid }: { uid: number, gid: number }): void {
  try {
    chownSync(path, uid, gid)
  }
  catch {
    // Version 1 has not all of them.
  }
}

function tryWrite(path: string, text: string): void {
  try {
    writeFileSync(path, text)
  }
  catch {
    // Not ours, or not handed down to us: what counts is read afterwards.
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  }
  catch {
    return ''
  }
}
