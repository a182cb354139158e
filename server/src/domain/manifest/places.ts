import type { Node } from 'yaml'
import { isMap, isPair, isScalar, isSeq } from 'yaml'

/** Places in a manifest's text, and what stands there, in words. */

export type SourcePath = readonly PropertyKey[]

/** Offset → line and column, from 1. */
export type At = (offset: number) => { line: number, column: number }

/** A problem before it is placed in a file. */
export interface PlacedProblem { line: number, column: number, key: string, expected: string, received: string, hint: string | null }

/** The keys above a place in the text. */
export function pathTo(node: unknown, offset: number): SourcePath {
  const items = isMap(node) || isSeq(node) ? [...node.items.entries()] : []
  for (const [index, item] of items) {
    const child = isPair(item) ? item.value : item
    const key = isPair(item) ? item.key : null
    const from = ((key ?? child) as Node | null)?.range?.[0] ?? Infinity // nodes that were parsed have ranges
    const to = ((child ?? key) as Node | null)?.range?.[2] ?? 0
    if (from <= offset && offset < to)
      return [isScalar(key) ? String(key.value) : index, ...pathTo(child, offset)]
  }
  return []
}

export function isEmpty(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null)
}

/** What stands there, in the words of the file. */
export function kindOf(node: unknown, text: string): string {
  if (isMap(node))
    return 'a mapping'
  if (isSeq(node))
    return node.items.length === 0 ? 'an empty list' : 'a list'
  if (isEmpty(node))
    return 'nothing'
  if (!isScalar(node) || !node.range)
    return 'an alias'
  const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED'
  return clip(isBlock ? String(node.value) : text.slice(node.range[0], node.range[1]))
}

/** One line, at most 60 characters. */
export function clip(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > 60 ? `${line.slice(0, 59)}…` : line || '""'
}
