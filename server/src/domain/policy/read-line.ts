import type { Command, ParsedScript, Redirection, SyntaxNode, Word, WordPart } from 'unbash'
import type { Budget } from './budget.ts'
import type { WordContext } from './expand-word.ts'
import type { Known } from './known.ts'
import { forEachChild, parse } from 'unbash'
import { createBudget, Unread } from './budget.ts'
import { expandText, expandWord } from './expand-word.ts'
import { innerScripts } from './inner-scripts.ts'
import { assign, createKnown, readFile, writeFile } from './known.ts'
import { literalOutput } from './literal-output.ts'
import { unwrap } from './wrappers.ts'

/** One simple command that a line would run. */
export interface ReadCommand {
  argv: string[]
  /** Its program is a pattern (`/bin/r?`), which the shell fills in. */
  isGlob: boolean
  /** The line itself says what it does: a function or an alias, whose commands stand beside it. */
  isOwn: boolean
}

export interface Reading {
  commands: ReadCommand[]
  /** Why the line could not be read whole. */
  unread: string | null
  /** It is no sentence of the shell's language: a shell would refuse it, or at least a part of it. */
  isMalformed: boolean
  /** It changes where programs are looked for. */
  changesPath: boolean
}

/**
 * Every simple command that a shell line would run: `a | b; (c)` gives three, `env X=1 sh -c "d"` gives itself, its
 * `sh -c "d"` and `d`. It reads what stands in the line, and nothing else.
 */
export function readLine(line: string): Reading {
  const known = createKnown()
  const reading: Reading = { commands: [], unread: null, isMalformed: false, changesPath: false }
  try {
    readScript(line, { known, reading, budget: createBudget(), parameters: [], input: null, depth: 0, active: [] })
  }
  catch (error) {
    // The parser calls itself: a hostile line can use up the stack.
    if (!(error instanceof Unread) && !(error instanceof RangeError))
      throw error
    reading.unread = error instanceof Unread ? error.message : 'it is nested too deeply'
  }
  return { ...reading, changesPath: known.changesPath }
}

/** Where a piece of the line stands. */
interface Place {
  known: Known
  reading: Reading
  budget: Budget
  /** `$1`, `$2`, … */
  parameters: string[]
  /** What comes on standard input, where the line says it. */
  input: string | null
  /** Texts within texts: `sh -c "eval '…'"`. */
  depth: number
  /** The functions and aliases that are being read: one that calls itself is read once. */
  active: string[]
}

const MAX_DEPTH = 8
/** More ways of reading one command are told as one, with all that its words may be. */
const MAX_WAYS = 64

function readScript(text: string, place: Place): void {
  if (place.depth > MAX_DEPTH)
    throw new Unread(`texts for a shell stand in each other more than ${MAX_DEPTH} deep`)
  // What bash takes for $'…' is a dollar sign and '…' for other shells.
  for (const way of text.includes('$\'') ? [text, text.replaceAll('$\'', '\\$\'')] : [text]) {
    place.budget.parse(way)
    const script = parse(way)
    if (script.errors)
      noteErrors(script, place)
    learn(script, place)
    visit(script, place)
  }
}

function noteErrors({ errors = [] }: ParsedScript, { reading }: Place): void {
  const gaveUp = errors.find(({ message }) => message.startsWith('maximum'))
  if (gaveUp)
    throw new Unread('it is nested too deeply')
  reading.isMalformed = true
}

/** Definitions first: a loop or a function may use what stands further down. */
function learn(script: SyntaxNode, place: Place): void {
  const open = [script]
  for (let node = open.pop(); node; node = open.pop()) {
    place.budget.node()
    if (node.type === 'Function')
      place.known.functions.set(node.name.value, node.body)
    else if (node.type === 'Command')
      learnAssignments(node, place)
    forEachChild(node, child => void open.push(child))
  }
}

function learnAssignments(command: Command, place: Place): void {
  const isAlias = command.name?.value === 'alias'
  for (const one of [...command.prefix, ...command.suffix]) {
    if (one.type !== 'Assignment')
      continue
    const { value } = one
    const values = value.type === 'Word'
      ? textsOf(value, place).map(text => [text])
      : [value.elements.flatMap(word => expandWord(word, wordContext(place))[0] ?? [])]
    if (isAlias)
      place.known.aliases.set(one.name, values[0]?.[0] ?? '')
    else
      assign(place.known, one.name, values)
    place.known.changesPath ||= one.name === 'PATH'
  }
}

function visit(node: SyntaxNode, place: Place): void {
  place.budget.node()
  switch (node.type) {
    case 'Command':
      return visitCommand(node, place)
    case 'Pipeline': {
      let input = place.input
      for (const stage of node.commands) {
        visit(stage, { ...place, input })
        input = outputOf(stage, { ...place, input })
      }
      return
    }
    case 'Redirected': {
      const input = inputOf(node.redirects, place)
      visitChildren(node, { ...place, input })
      return keepOutput(node.redirects, outputOf(node.command, { ...place, input }), place)
    }
    case 'For':
    case 'Select':
      for (const word of node.wordlist ?? [])
        assign(place.known, node.name.value, expandWord(word, wordContext(place)).flat().map(one => [one]))
      return visitChildren(node, place)
    case 'ArithmeticCommand':
      // `((rm x))` is arithmetic for bash, and two subshells for sh.
      visitChildren(node, place)
      return readScript(node.body, { ...place, depth: place.depth + 1 })
    case 'Function':
      place.known.functions.set(node.name.value, node.body)
      return visit(node.body, { ...place, input: null })
    default:
      return visitChildren(node, place)
  }
}

function visitChildren(node: SyntaxNode, place: Place): void {
  forEachChild(node, child => visit(child, place))
}

function visitCommand(command: Command, place: Place): void {
  learnAssignments(command, place)
  const input = inputOf(command.redirects, place)
  const inside = { ...place, input }
  for (const argv of argvsOf(command, place)) {
    emit(argv, inside, isPattern(command.name))
    keepOutput(command.redirects, literalOutput(argv, input, path => readFile(place.known, path)), place)
  }
  visitChildren(command, place)
}

function isPattern(word: Word | undefined): boolean {
  return word?.parts?.some(part => part.type === 'Glob' || part.type === 'ExtendedGlob') ?? false
}

/** The ways in which the words of a command can be read. */
function argvsOf(command: Command, place: Place): string[][] {
  if (!command.name)
    return []
  const context = wordContext(place)
  const words = [expandWord(command.name, context, true), ...command.args.map(one => one.type === 'Word' ? expandWord(one, context) : [[one.text]])]
  const count = words.reduce((product, ways) => Math.min(product * ways.length, 1e9), 1)
  if (count <= MAX_WAYS)
    return words.reduce<string[][]>((ways, next) => ways.flatMap(way => next.map(more => [...way, ...more])), [[]])
  const [programs = [], ...rest] = words
  return programs.map(program => [...program, ...rest.flat(2)])
}

function emit(argv: string[], place: Place, isGlob = false): void {
  const [program] = argv
  if (program === undefined)
    return
  place.budget.command()
  place.budget.text(argv.reduce((sum, word) => sum + word.length + 1, 0))
  const { known, reading, active, depth, input } = place
  const body = known.functions.get(program)
  const alias = known.aliases.get(program)
  reading.commands.push({ argv, isGlob, isOwn: body !== undefined || alias !== undefined })
  const args = argv.slice(1)
  if (program === 'set' || program === 'read' || program === 'printf')
    learnFrom(argv, place)
  if (program === 'tee')
    args.filter(word => !word.startsWith('-')).forEach(path => input !== null && writeFile(known, path, input))
  if (!active.includes(program)) {
    const inside = { ...place, active: [...active, program] }
    if (body)
      visit(body, { ...inside, parameters: args })
    if (alias !== undefined)
      readScript([alias, ...args.map(quote)].join(' '), { ...inside, depth: depth + 1 })
  }
  for (const inner of unwrap(argv, input))
    emit(inner, place)
  for (const { text, parameters } of innerScripts(argv, { input, readFile: path => readFile(known, path) }))
    readScript(text, { ...place, depth: depth + 1, ...(parameters ? { parameters } : {}) })
}

/** `set -- a b`, `read x <<<rm`, `printf -v x rm`. */
function learnFrom([program = '', ...args]: string[], { known, input }: Place): void {
  if (program === 'set') {
    const start = args.indexOf('--')
    if (start >= 0)
      known.parameters = [...known.parameters, ...args.slice(start + 1)].slice(0, 100)
  }
  else if (program === 'printf' && args[0] === '-v' && args[1] !== undefined) {
    assign(known, args[1], [[literalOutput(['printf', ...args.slice(2)], null, () => null) ?? '']])
  }
  else if (program === 'read' && input !== null) {
    const names = args.filter(word => /^\w+$/.test(word))
    const lines = input.split('\n').filter(line => line.trim() !== '').slice(0, 100)
    for (const name of names)
      assign(known, name, lines.flatMap(line => names.length > 1 ? line.trim().split(/\s+/).map(word => [word]) : [[line]]))
  }
}

/** A here-document, a here-string, or a file that the line has written. */
function inputOf(redirects: readonly Redirection[], place: Place): string | null {
  let input = place.input
  for (const redirect of redirects) {
    if (redirect.type === 'HereDoc')
      input = redirect.body.parts ? expandText(redirect.body.parts, wordContext(place)).join('\n') : redirect.body.text
    else if (redirect.type === 'HereString')
      input = redirect.target ? textsOf(redirect.target, place).join('\n') : null
    else if (redirect.operator === '<' && redirect.target)
      input = readFile(place.known, textsOf(redirect.target, place)[0] ?? '')
  }
  return input
}

function keepOutput(redirects: readonly Redirection[], output: string | null, place: Place): void {
  if (output === null)
    return
  for (const redirect of redirects) {
    if (redirect.type === 'Redirect' && redirect.target && /^(?:>|>>|>\||&>|&>>)$/.test(redirect.operator))
      textsOf(redirect.target, place).slice(0, 3).forEach(path => writeFile(place.known, path, output, redirect.operator === '>>'))
  }
}

function textsOf(word: Word, place: Place): string[] {
  return expandWord(word, wordContext(place)).map(words => words.join(' '))
}

/** What a piece of the line writes to its standard output, where the line itself says it. */
function outputOf(node: SyntaxNode, place: Place): string | null {
  place.budget.node()
  switch (node.type) {
    case 'Command': {
      const input = inputOf(node.redirects, place)
      const texts = argvsOf(node, place).map(argv => literalOutput(argv, input, path => readFile(place.known, path)))
      return texts.length === 0 || texts.includes(null) ? null : texts.join('')
    }
    case 'Pipeline': {
      let input = place.input
      for (const stage of node.commands)
        input = outputOf(stage, { ...place, input })
      return input
    }
    case 'Redirected':
      return outputOf(node.command, { ...place, input: inputOf(node.redirects, place) })
    case 'Statement':
      return outputOf(node.command, place)
    case 'Subshell':
    case 'BraceGroup':
      return outputOf(node.body, place)
    case 'Script':
    case 'CompoundList':
    case 'AndOr': {
      const texts = node.commands.map(one => outputOf(one, place))
      return texts.length === 0 || texts.includes(null) ? null : texts.join('')
    }
    default:
      return null
  }
}

function wordContext(place: Place): WordContext {
  const { known, budget, parameters } = place
  return {
    known,
    budget,
    parameters: parameters.length > 0 ? parameters : known.parameters,
    outputOf: (part: Extract<WordPart, { type: 'CommandExpansion' | 'ProcessSubstitution' }>) => part.script ? outputOf(part.script, { ...place, input: null }) : null,
  }
}

function quote(text: string): string {
  return `'${text.replaceAll('\'', '\'\\\'\'')}'`
}
