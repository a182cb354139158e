import type { Alias, Document, Node, YAMLMap } from 'yaml'
import type { At, PlacedProblem } from './places.ts'
import { isAlias, isMap, isScalar, isSeq } from 'yaml'
import { dotted } from './keys.ts'
import { clip, pathTo } from './places.ts'

const MAX_DEPTH = 20
/** Far more than any manifest has; what is done for each entry and each alias must not add up. */
const MAX_ENTRIES = 5000
export const MAX_ALIASES = 200

/** Where brackets are nested absurdly deep, or null. It counts those in texts too, which no text has so many of. */
export function deepBracket(text: string): number | null {
  let depth = 0
  for (let offset = 0; offset < text.length; offset++) {
    const sign = text.charCodeAt(offset)
    if (sign === 0x5B || sign === 0x7B)
      depth++
    else if ((sign === 0x5D || sign === 0x7D) && depth > 0)
      depth--
    if (depth > 500)
      return offset
  }
  return null
}

export function countTo(text: string, offset: number): { line: number, column: number } {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}

/** Depth, size, keys given twice, keys that JavaScript reads as something else, aliases that name themselves or nothing. */
export function checkStructure(document: Document.Parsed, at: At): PlacedProblem[] {
  const problems: PlacedProblem[] = []
  const aliases: Alias[] = []
  const open: { node: unknown, depth: number }[] = [{ node: document.contents, depth: 1 }]
  let entries = 0
  for (let entry = open.pop(); entry; entry = open.pop()) {
    const { node, depth } = entry
    const place = at((node as Node | null)?.range?.[0] ?? 0) // only nodes are put on the stack
    if (depth > MAX_DEPTH)
      return [tooDeep(place)]
    entries += isMap(node) || isSeq(node) ? node.items.length : 0
    if (entries > MAX_ENTRIES)
      return [{ ...place, key: '', expected: `at most ${MAX_ENTRIES} entries`, received: 'more', hint: null }]
    if (isAlias(node))
      aliases.push(node)
    if (isMap(node)) {
      problems.push(...checkKeys(node, document, at))
      open.push(...node.items.map(({ value }) => ({ node: value, depth: depth + 1 })))
    }
    if (isSeq(node))
      open.push(...node.items.map(item => ({ node: item, depth: depth + 1 })))
  }
  if (aliases.length > MAX_ALIASES)
    return [{ ...at(aliases[0]?.range?.[0] ?? 0), key: '', expected: `at most ${MAX_ALIASES} aliases`, received: String(aliases.length), hint: 'write the values out' }]
  problems.push(...aliases.filter(alias => !isAliasOfAbove(alias, document)).map(alias => ({
    ...at(alias.range?.[0] ?? 0),
    key: dotted(pathTo(document.contents, alias.range?.[0] ?? 0)),
    expected: 'an alias of an anchor above',
    received: `*${alias.source}`,
    hint: 'set it with &name before',
  })))
  return problems
}

function checkKeys(map: YAMLMap, document: Document.Parsed, at: At): PlacedProblem[] {
  const seen = new Set<string>()
  return map.items.flatMap(({ key }): PlacedProblem[] => {
    const name = isScalar(key) ? String(key.value) : ''
    const isTwice = seen.has(name)
    seen.add(name)
    if (!isScalar(key) || !key.range || (!isTwice && name !== '__proto__'))
      return []
    const base = { ...at(key.range[0]), key: dotted(pathTo(document.contents, key.range[0])) }
    return isTwice
      ? [{ ...base, expected: 'each key once', received: clip(`${name} for the second time`), hint: 'remove one of the two' }]
      : [{ ...base, expected: 'a known key', received: name, hint: 'remove it' }]
  }).slice(0, 20)
}

function isAliasOfAbove(alias: Alias, document: Document.Parsed): boolean {
  const target = alias.resolve(document)
  const [from, , to] = target?.range ?? [0, 0, 0]
  const at = alias.range?.[0] ?? 0
  return target !== undefined && !(from <= at && at < to)
}

export function tooDeep(place: { line: number, column: number }): PlacedProblem {
  return { ...place, key: '', expected: `at most ${MAX_DEPTH} levels of nesting`, received: 'more', hint: null }
}
