import type { Document, Node, Pair, YAMLError } from 'yaml'
import type { At, PlacedProblem, SourcePath } from './places.ts'
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml'
import { dotted } from './keys.ts'
import { clip, isEmpty, kindOf, pathTo } from './places.ts'
import { checkStructure, countTo, deepBracket, MAX_ALIASES, tooDeep } from './structure.ts'

/**
 * YAML text → a plain value whose every place can be found again in the text. Refuses what no manifest needs and what
 * could hurt: huge files, deep nesting, alias bombs, several documents, tags, keys given twice.
 */

export interface Source {
  value: Record<string, unknown>
  /** Where the value (or with 'key' its key) stands; for a key that is missing, where it should be. Counts from 1. */
  locate: (path: SourcePath, at?: 'key' | 'value') => { line: number, column: number }
  /** What stands there, in the words of the file, clipped; 'nothing' for a key that is missing. */
  received: (path: SourcePath) => string
}

const MAX_SOURCE_BYTES = 256 * 1024

export function readSource(text: string): { ok: true, source: Source } | { ok: false, problems: PlacedProblem[] } {
  const start = { line: 1, column: 1, key: '' }
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_SOURCE_BYTES)
    return refuse({ ...start, expected: 'a manifest of at most 256KiB', received: `${Math.ceil(bytes / 1024)}KiB`, hint: 'keep data in files of the workspace and name them here' })

  const lines = new LineCounter()
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const opened = deepBracket(text)
  if (opened !== null)
    return refuse(tooDeep(countTo(text, opened))) // before the parser spends seconds on it
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, uniqueKeys: false, resolveKnownTags: false, logLevel: 'silent' })
  const [document, second] = documents as Document.Parsed[] // an empty stream is an empty array too
  if (!document || (document.contents === null && document.errors.length === 0))
    return refuse({ ...start, expected: 'a manifest', received: 'an empty file', hint: 'start with name: and steps:' })

  const faults = [...document.errors, ...document.warnings]
  const exhausted = faults.find(fault => fault.code === 'RESOURCE_EXHAUSTION')
  if (exhausted)
    return refuse(tooDeep(at(exhausted.pos[0])))
  if (faults.length > 0)
    return { ok: false, problems: syntaxProblems(document, faults, text, at) }
  if (second)
    return refuse({ ...at(second.range[0]), key: '', expected: 'one document', received: 'a second one after ---', hint: 'give each agent a file of its own' })
  if (!isMap(document.contents))
    return refuse({ ...at(document.contents?.range[0] ?? 0), key: '', expected: 'a mapping of keys such as name: and steps:', received: kindOf(document.contents, text), hint: null })

  const structure = checkStructure(document, at)
  if (structure.length > 0)
    return { ok: false, problems: structure }
  try {
    const value = document.toJS({ maxAliasCount: MAX_ALIASES }) as Record<string, unknown> // the root is a mapping
    return { ok: true, source: { value, ...finder(document, text, at) } }
  }
  catch {
    return refuse({ ...start, expected: 'few aliases', received: 'aliases that unfold to a huge document', hint: 'write the values out' })
  }
}

function refuse(problem: PlacedProblem): { ok: false, problems: PlacedProblem[] } {
  return { ok: false, problems: [problem] }
}

const SYNTAX: Record<string, { expected: string, hint: string | null }> = {
  TAB_AS_INDENT: { expected: 'spaces', hint: 'YAML is indented with spaces; turn the tabs into spaces' },
  BLOCK_AS_IMPLICIT_KEY: { expected: 'a value on this line', hint: 'a value that contains ": " has to be quoted' },
  NON_STRING_KEY: { expected: 'a key that is a text', hint: null },
  TAG_RESOLVE_FAILED: { expected: 'a plain value', hint: 'tags such as !include do nothing here' },
}

/** One problem a place: what follows from the first mistake there only confuses. */
function syntaxProblems(document: Document.Parsed, faults: YAMLError[], text: string, at: At): PlacedProblem[] {
  const first = faults.filter((fault, index) => faults.findIndex(other => other.pos[0] === fault.pos[0]) === index)
  return first.slice(0, 20).map(({ code, message, pos }) => {
    const path = pathTo(document.contents, pos[0])
    return { ...at(pos[0]), key: dotted(code === 'BLOCK_AS_IMPLICIT_KEY' ? path.slice(0, -1) : path), ...explain(code, message, text, pos) }
  })
}

function explain(code: string, message: string, text: string, [from, to]: [number, number]): { expected: string, received: string, hint: string | null } {
  const known = SYNTAX[code]
  const line = text.slice(text.lastIndexOf('\n', Math.max(from - 1, 0)) + 1).split('\n', 1)[0] ?? ''
  const token = text.slice(from, to > from + 1 ? to : undefined).split('\n', 1)[0] ?? ''
  if (code === 'TAB_AS_INDENT')
    return { ...SYNTAX.TAB_AS_INDENT!, received: 'a tab' } // it stands just above
  return { expected: known?.expected ?? 'valid YAML', received: clip(token.trim() || line.trim() || 'the end of the file'), hint: known?.hint ?? lowerFirst(message) }
}

function finder(document: Document.Parsed, text: string, at: At): Pick<Source, 'locate' | 'received'> {
  const step = (node: unknown, part: PropertyKey): { pair: Pair | null, node: unknown } | null => {
    const target = isAlias(node) ? node.resolve(document) : node
    if (isSeq(target) && typeof part === 'number' && part in target.items)
      return { pair: null, node: target.items[part] }
    const pair = isMap(target) ? target.items.find(item => isScalar(item.key) && String(item.key.value) === String(part)) : undefined
    return pair ? { pair, node: pair.value } : null
  }
  const find = (path: SourcePath) => {
    let found: { pair: Pair | null, node: unknown } = { pair: null, node: document.contents }
    for (const [index, part] of path.entries()) {
      const next = step(found.node, part)
      if (!next)
        return { ...found, missing: dotted(path.slice(index)) }
      found = next
    }
    return { ...found, missing: null }
  }
  return {
    locate: (path, which = 'value') => {
      const { pair, node, missing } = find(path)
      const key = pair && (which === 'key' || missing !== null || isEmpty(node)) ? pair.key : null
      return at(((key ?? node) as Node | null)?.range?.[0] ?? 0) // a node that was parsed has a range
    },
    received: (path) => {
      const { node, missing } = find(path)
      return missing !== null ? 'nothing' : kindOf(node, text)
    },
  }
}

function lowerFirst(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1)
}
