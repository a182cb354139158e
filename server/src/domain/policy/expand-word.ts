import type { Word, WordPart } from 'unbash'
import type { Budget } from './budget.ts'
import type { Known } from './known.ts'
import { parse } from 'unbash'
import { Unread } from './budget.ts'
import { expandBraces } from './expand-braces.ts'
import { assign, writeFile } from './known.ts'

export interface WordContext {
  known: Known
  budget: Budget
  /** `$1`, `$2`, … of the function or script that the word stands in. */
  parameters: string[]
  /** The text that a substitution gives, where the line itself has it. */
  outputOf: (part: Extract<WordPart, { type: 'CommandExpansion' | 'ProcessSubstitution' }>) => string | null
}

/**
 * Every way in which a word can be read, each as the words that it becomes. What only running it could tell (`$HOME`, the
 * output of a program) stays as it is written. `unsetIsEmpty` also reads what the line gives no value to as nothing: `s${x}udo`.
 */
export function expandWord(word: Word, context: WordContext, unsetIsEmpty = false): string[][] {
  if (!word.parts)
    return [[word.value]]
  if (word.parts.some(part => part.type === 'BraceExpansion'))
    return cross(expandBraces(word.text).map(text => expandParts(wordOf(text, context), context, unsetIsEmpty)))
  return expandParts(word, context, unsetIsEmpty)
}

/** The text of a word or here-document, in every way, with nothing split. */
export function expandText(parts: readonly WordPart[], context: WordContext): string[] {
  return readParts(parts, context, true, false).map(words => wordsOf(words).join(' '))
}

const MAX_WAYS = 400

function expandParts(word: Word | null, context: WordContext, unsetIsEmpty: boolean): string[][] {
  if (!word)
    return [[]]
  if (!word.parts)
    return [[word.value]]
  const ways = readParts(word.parts, context, false, false)
  const all = [...ways, ...(unsetIsEmpty ? readParts(word.parts, context, false, true) : [])].map(wordsOf)
  return all.filter((way, index) => all.findIndex(other => other.join('\0') === way.join('\0')) === index)
}

function wordOf(text: string, { budget }: WordContext): Word | null {
  budget.parse(text)
  const command = parse(`: ${text}`).commands[0]?.command
  const word = command?.type === 'Command' ? command.args[0] : undefined
  return word?.type === 'Word' ? word : null
}

/** What a part of a word becomes: words that are joined to what stands before and after them. An empty one counts when it is quoted. */
type Piece = { text: string, isQuoted: boolean }[]

function readParts(parts: readonly WordPart[], context: WordContext, isQuoted: boolean, unsetIsEmpty: boolean): Piece[] {
  let ways: Piece[] = [[]]
  for (const part of parts) {
    const pieces = readPart(part, context, isQuoted, unsetIsEmpty)
    checkWays(ways.length * pieces.length)
    ways = ways.flatMap(way => pieces.map((piece) => {
      context.budget.text(lengthOf(way) + lengthOf(piece))
      return join(way, piece)
    }))
  }
  return ways
}

function join(before: Piece, piece: Piece): Piece {
  const last = before.at(-1)
  const [first, ...more] = piece
  if (!last || !first)
    return [...before, ...piece]
  return [...before.slice(0, -1), { text: last.text + first.text, isQuoted: last.isQuoted || first.isQuoted }, ...more]
}

function lengthOf(piece: Piece): number {
  return piece.reduce((sum, { text }) => sum + text.length + 1, 0)
}

function wordsOf(piece: Piece): string[] {
  return piece.filter(({ text, isQuoted }) => text !== '' || isQuoted).map(({ text }) => text)
}

function readPart(part: WordPart, context: WordContext, isQuoted: boolean, unsetIsEmpty: boolean): Piece[] {
  switch (part.type) {
    case 'Literal':
      return [whole(part.value, isQuoted)]
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      return [whole(part.value, true)]
    case 'DoubleQuoted':
    case 'LocaleString':
      return part.parts.length > 0 ? readParts(part.parts, context, true, unsetIsEmpty) : [whole('', true)]
    case 'SimpleExpansion':
      return variable(part.text.slice(1), context, isQuoted) ?? [unknown(part.text, isQuoted, unsetIsEmpty)]
    case 'ParameterExpansion':
      return parameter(part, context, isQuoted, unsetIsEmpty)
    case 'CommandExpansion': {
      const text = context.outputOf(part)
      return [text === null ? unknown(part.text, isQuoted, unsetIsEmpty) : split(text.replace(/\n+$/, ''), isQuoted)]
    }
    case 'ProcessSubstitution': {
      const text = context.outputOf(part)
      if (text !== null)
        writeFile(context.known, part.text, text)
      return [whole(part.text, true)]
    }
    default:
      return [whole(part.text, true)]
  }
}

function parameter(part: Extract<WordPart, { type: 'ParameterExpansion' }>, context: WordContext, isQuoted: boolean, unsetIsEmpty: boolean): Piece[] {
  const { operation, prefix, index } = part
  const left = [unknown(part.text, isQuoted, unsetIsEmpty)]
  if (prefix === '#' || (operation && operation.type !== 'Default'))
    return left
  const names = prefix === '!' ? context.known.variables.get(part.parameter)?.map(words => words.join(' ')) ?? [] : [part.parameter]
  const own = names.flatMap(name => variable(name, context, isQuoted, index?.value) ?? [])
  if (!operation || operation.operator.endsWith('?'))
    return own.length > 0 ? own : left
  const { operand, operator } = operation
  const others = operand.parts
    ? readParts(operand.parts, context, isQuoted, unsetIsEmpty)
    : [split(operand.value, isQuoted)]
  if (operator.endsWith('='))
    assign(context.known, part.parameter, others.map(wordsOf))
  if (operator.endsWith('+'))
    return [[], ...others]
  return [...own, ...others]
}

/** null when the line gives it no value. */
function variable(name: string, { known, parameters }: WordContext, isQuoted: boolean, index?: string): Piece[] | null {
  if (name === '@' || (name === '*' && !isQuoted))
    return [parameters.flatMap(text => isQuoted ? whole(text, true) : split(text, false))]
  if (name === '*')
    return [whole(parameters.join(' '), true)]
  if (/^[1-9]\d?$/.test(name))
    return [split(parameters[Number(name) - 1] ?? '', isQuoted)]
  return known.variables.get(name)?.map((words) => {
    if (index === '@' && isQuoted)
      return words.map(text => ({ text, isQuoted }))
    return split(index !== undefined && /^\d+$/.test(index) ? words[Number(index)] ?? '' : words.join(' '), isQuoted)
  }) ?? null
}

function whole(text: string, isQuoted: boolean): Piece {
  return [{ text, isQuoted }]
}

/** What is not quoted falls apart at white space; an empty first or last word says that white space stood there. */
function split(text: string, isQuoted: boolean): Piece {
  return isQuoted ? whole(text, true) : text.split(/\s+/).map(word => ({ text: word, isQuoted }))
}

function unknown(text: string, isQuoted: boolean, unsetIsEmpty: boolean): Piece {
  return whole(unsetIsEmpty ? '' : text, isQuoted)
}

function checkWays(count: number): void {
  if (count > MAX_WAYS)
    throw new Unread(`a word can be read in more than ${MAX_WAYS} ways`)
}

/** One word after another: every way of the first with every way of the next, as long as there are not too many. */
function cross(words: string[][][]): string[][] {
  let ways: string[][] = [[]]
  for (const next of words) {
    checkWays(ways.length * next.length)
    ways = ways.flatMap(way => next.map(more => [...way, ...more]))
  }
  return ways
}
