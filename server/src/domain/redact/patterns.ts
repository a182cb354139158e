import { formsOf, latin1Of, MIN_FORM_CHARACTERS } from './forms.ts'

/** A value that must not be seen, and what is shown in its place. */
export interface HiddenValue { value: string, shown: string }

/** One form of one value. */
export interface Pattern {
  text: string
  shown: string
  /** So many of its characters are as good as all of them: what was cut off must not leave the rest standing. */
  enough: number
  /** By how many characters a match goes on after `length` have matched and the next one has not: Knuth, Morris and Pratt. Made when first needed. */
  borders: Int32Array | null
}

/**
 * Finds where a form begins: an automaton over the first eight characters of all of them at once, so that it stays small however
 * long and many the values are. From there on each form is compared by itself.
 */
export interface Patterns {
  /** The column of each UTF-16 code unit; 0: it stands in no beginning. */
  columns: Uint16Array
  width: number
  /** `next[state * width + column]`; state 0 is nothing. */
  next: Int32Array
  /** How many characters of a beginning each state has. */
  depth: Uint8Array
  /** The forms whose beginning a state completes. */
  begun: (Pattern[] | undefined)[]
  /** States from this one on complete a beginning. */
  firstComplete: number
}

/** null when there is nothing to hide. `over`: the text is UTF-16, or one character is one byte of UTF-8. */
export function compilePatterns(values: HiddenValue[], over: 'text' | 'bytes'): Patterns | null {
  const patterns = patternsOf(values, over)
  if (patterns.length === 0)
    return null
  const columns = new Uint16Array(65_536)
  let width = 1
  for (const { text } of patterns) {
    for (let i = 0; i < MIN_FORM_CHARACTERS; i++)
      columns[text.charCodeAt(i)] ||= width++
  }
  return { columns, width, ...buildAutomaton(patterns, columns, width) }
}

function patternsOf(values: HiddenValue[], over: 'text' | 'bytes'): Pattern[] {
  const seen = new Set<string>()
  return values.flatMap(({ value, shown }) => formsOf(value)
    .map(form => over === 'text' ? form : latin1Of(new TextEncoder().encode(form)))
    .filter(form => !seen.has(form) && seen.add(form))
    .map(text => ({ text, shown, enough: Math.max(MIN_FORM_CHARACTERS, Math.ceil(text.length / 2)), borders: null })))
}

function buildAutomaton(patterns: Pattern[], columns: Uint16Array, width: number): Omit<Patterns, 'columns' | 'width'> {
  const children = buildLevels(patterns, columns)
  const count = children.length
  const next = new Int32Array(count * width)
  const depth = new Uint8Array(count)
  const fallback = new Int32Array(count)
  // Level by level: where a state has no way on, it goes on as the longest other beginning that its text ends with.
  for (let state = 0; state < count; state++) {
    const row = state * width
    if (state > 0)
      next.copyWithin(row, fallback[state]! * width, fallback[state]! * width + width)
    for (const [column, child] of children[state]!.ways) {
      fallback[child] = state === 0 ? 0 : next[row + column]!
      depth[child] = depth[state]! + 1
      next[row + column] = child
    }
  }
  return { next, depth, begun: children.map(({ begun }) => begun), firstComplete: depth.indexOf(MIN_FORM_CHARACTERS) }
}

interface Node { ways: Map<number, number>, begun: Pattern[] | undefined }

/** The tree of beginnings, its nodes numbered level by level. */
function buildLevels(patterns: Pattern[], columns: Uint16Array): Node[] {
  const nodes: Node[] = [{ ways: new Map(), begun: undefined }]
  let places = patterns.map(pattern => ({ pattern, node: 0 }))
  for (let level = 0; level < MIN_FORM_CHARACTERS; level++) {
    places = places.map(({ pattern, node }) => {
      const { ways } = nodes[node]!
      const column = columns[pattern.text.charCodeAt(level)]!
      const way = ways.get(column) ?? nodes.push({ ways: new Map(), begun: undefined }) - 1
      ways.set(column, way)
      return { pattern, node: way }
    })
  }
  for (const { pattern, node } of places)
    (nodes[node]!.begun ??= []).push(pattern)
  return nodes
}

/** `borders[length]`: the longest part that the first `length` characters both begin and end with. */
export function bordersOf(pattern: Pattern): Int32Array {
  if (pattern.borders)
    return pattern.borders
  const { text } = pattern
  const borders = new Int32Array(text.length + 1)
  for (let length = 1, border = 0; length < text.length; length++) {
    while (border > 0 && text.charCodeAt(length) !== text.charCodeAt(border))
      border = borders[border]!
    if (text.charCodeAt(length) === text.charCodeAt(border))
      border++
    borders[length + 1] = border
  }
  pattern.borders = borders
  return borders
}
