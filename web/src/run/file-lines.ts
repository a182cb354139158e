import type { RunFile } from '../stores/run-files.ts'

/** A line of the tree: a folder, or a file with what has become of it. */
export interface FileLine {
  /** Of the whole path. */
  key: string
  name: string
  /** From 1. */
  depth: number
  file: RunFile | null
}

export const CHANGE_MARKS = {
  added: { letter: 'A', word: 'added', colour: 'text-ok' },
  modified: { letter: 'M', word: 'modified', colour: 'text-wait' },
  deleted: { letter: 'D', word: 'deleted', colour: 'text-bad' },
  unchanged: { letter: '', word: 'unchanged', colour: 'text-dimmed' },
} as const satisfies Record<RunFile['change'], object>

/** Folders before files, each by name; every folder once. */
export function fileLines(files: RunFile[]): FileLine[] {
  return linesBelow(files.map(file => ({ file, steps: file.path.split('/') })), '', 1)
}

interface Placed { file: RunFile, steps: string[] }

function linesBelow(placed: Placed[], above: string, depth: number): FileLine[] {
  const here = placed.filter(({ steps }) => steps.length === depth)
  const below = Map.groupBy(placed.filter(({ steps }) => steps.length > depth), ({ steps }) => steps[depth - 1]!)
  const folders = [...below].sort(([a], [b]) => a.localeCompare(b)).flatMap(([name, inner]) => {
    const key = `${above}${name}/`
    return [{ key, name, depth, file: null }, ...linesBelow(inner, key, depth + 1)]
  })
  const lines = here.map(({ file, steps }) => ({ key: file.path, name: steps.at(-1)!, depth, file }))
  return [...folders, ...lines.sort((a, b) => a.name.localeCompare(b.name))]
}
