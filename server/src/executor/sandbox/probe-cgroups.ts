import type { RunLimits } from '../../domain/views/run.ts'
import type { CgroupTree } from './cgroup.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRunCgroup } from './cgroup.ts'

/** What of the control groups that we were given can be used: each is made, limited, entered, emptied and taken away. null: none. */
export async function probeCgroups(tree: CgroupTree | null, name: string, limits: RunLimits): Promise<CgroupTree | null> {
  if (!tree)
    return null
  const NONE: CgroupTree = { unified: null, memory: null, processes: null, cpu: null }
  const proven = { ...NONE }
  const works = async (part: Partial<CgroupTree>) => await isUsable({ ...NONE, ...part }, name, limits)
  if (tree.unified !== null && await works({ unified: tree.unified }))
    proven.unified = tree.unified
  for (const part of ['memory', 'processes', 'cpu'] as const) {
    if (tree[part] && await works({ [part]: tree[part] }))
      proven[part] = tree[part]
  }
  return Object.values(proven).some(folder => folder !== null) ? proven : null
}

async function isUsable(tree: CgroupTree, name: string, limits: RunLimits): Promise<boolean> {
  const child = spawn('/bin/sh', ['-c', 'read line'], { env: {}, stdio: ['pipe', 'ignore', 'ignore'] })
  const exited = once(child, 'exit').catch(() => {}) // It could not be started: then it has no pid.
  try {
    const group = createRunCgroup(tree, name, limits)
    group.attach(child.pid ?? 0)
    const hasEntered = group.processes().includes(child.pid ?? 0)
    const killed = await group.kill()
    await exited
    return hasEntered && killed === 1 && await group.remove()
  }
  catch {
    return false
  }
  finally {
    child.kill('SIGKILL')
  }
}
