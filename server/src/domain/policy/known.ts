import type { SyntaxNode } from 'unbash'
import { posix } from 'node:path'

/** What a line says about itself: what it assigns, defines and writes down, with its literal text. The order is not kept. */
export interface Known {
  /** Every value that a variable is given anywhere; an array is a value of several words. */
  variables: Map<string, string[][]>
  functions: Map<string, SyntaxNode>
  aliases: Map<string, string>
  /** Text that the line itself puts into a file or gives by `<(…)`. */
  files: Map<string, string>
  /** Words that `set --` gives. */
  parameters: string[]
  changesPath: boolean
}

export function createKnown(): Known {
  return { variables: new Map([['IFS', [[' ']]]]), functions: new Map(), aliases: new Map(), files: new Map(), parameters: [], changesPath: false }
}

/** Longer ones only make the reading slow. */
const MAX_VALUES = 200
const MAX_VALUE_CHARACTERS = 16 * 1024
const MAX_FILES = 100

export function assign({ variables }: Known, name: string, values: string[][]): void {
  const all = variables.get(name) ?? []
  variables.set(name, all)
  for (const value of values) {
    if (all.length < MAX_VALUES && value.join(' ').length <= MAX_VALUE_CHARACTERS && !all.some(one => one.join('\0') === value.join('\0')))
      all.push(value)
  }
}

export function writeFile({ files }: Known, path: string, text: string, appends = false): void {
  const key = fileKey(path)
  const before = files.get(key)
  if (files.size < MAX_FILES && !before?.includes(text))
    files.set(key, before === undefined ? text : before + (appends || before.endsWith('\n') ? '' : '\n') + text)
}

export function readFile({ files }: Known, path: string): string | null {
  return files.get(fileKey(path)) ?? null
}

function fileKey(path: string): string {
  return path.startsWith('<(') ? path : posix.normalize(path)
}
