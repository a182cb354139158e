import type { ProcessView, RunUsage } from './views/run.ts'

/** One line of a process tree, as the page and `agentos ps --tree` draw it. */
export interface ProcessRow {
  process: ProcessView
  /** Of each level down to this process: whether it is the last of its siblings there. As long as the process is deep, and 1 for a root. */
  isLast: boolean[]
  /** Of one processor, between the two samples; null while there is one sample, or the process was not in both. */
  cpuPercent: number | null
}

type Sample = Pick<RunUsage, 'at' | 'cpuMs' | 'tree'>

/**
 * Parents before their children, siblings in the order in which they came. An executor that lies about parents (a ring, a process that is
 * its own parent, two of the same id) gets a tree all the same: each process stands in it once.
 */
export function processRows(now: Sample, before: Sample | null): ProcessRow[] {
  const children = Map.groupBy(now.tree, process => process.parent)
  const ids = new Set(now.tree.map(({ pid }) => pid))
  const earlier = new Map(before?.tree.map(process => [process.pid, process]))
  const elapsedMs = elapsed(now, before)
  const drawn = new Set<ProcessView>()
  const rows: ProcessRow[] = []

  const roots = now.tree.filter(({ pid, parent }) => !ids.has(parent) || parent === pid)
  draw(roots, [])
  // What is left stands in a ring, below itself.
  for (const process of now.tree) {
    if (!drawn.has(process))
      draw([process], [])
  }
  return rows

  function draw(siblings: ProcessView[], above: boolean[]): void {
    const open = siblings.filter(process => !drawn.has(process))
    for (const [at, process] of open.entries()) {
      if (drawn.has(process))
        continue
      drawn.add(process)
      const isLast = [...above, at === open.length - 1]
      const then = earlier.get(process.pid)
      rows.push({ process, isLast, cpuPercent: then?.startedAt === process.startedAt ? share(process.cpuMs - then.cpuMs, elapsedMs) : null })
      draw(children.get(process.pid) ?? [], isLast)
    }
  }
}

/** Of one processor, of all processes together; null while there is one sample. */
export function cpuPercent(now: Sample, before: Sample | null): number | null {
  return before && share(now.cpuMs - before.cpuMs, elapsed(now, before))
}

function elapsed(now: Sample, before: Sample | null): number {
  return before ? Date.parse(now.at) - Date.parse(before.at) : 0
}

function share(cpuMs: number, elapsedMs: number): number | null {
  return elapsedMs > 0 ? Math.max(0, cpuMs) / elapsedMs * 100 : null
}
