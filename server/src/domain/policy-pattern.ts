import { posix } from 'node:path'

/**
 * A command pattern of a manifest: `sudo`, `git push **`, `rm -rf /**`.
 * - The first word is the program, by its name alone: `rm` is also `/bin/rm`.
 * - Options must all be there, in any order, long or short, alone or together: `-rf` is also `-f -r` and `--recursive --force`.
 * - The other words must be found among the arguments, in their order; others may stand between.
 * - `*` stands for anything but a slash, `**` for anything; a last word `**` also for nothing at all.
 */
export interface ArgvPattern {
  program: RegExp
  options: string[]
  operands: RegExp[]
}

export function readPattern(rule: string): ArgvPattern {
  const [program = '', ...rest] = rule.trim().split(/\s+/)
  const words = rest.at(-1) === '**' ? rest.slice(0, -1) : rest
  return {
    program: glob(program),
    options: words.filter(isOption).flatMap(lettersOf),
    operands: words.filter(word => !isOption(word)).map(word => glob(tidyPath(word))),
  }
}

export function matchesPattern(pattern: ArgvPattern, argv: string[]): boolean {
  const [program = '', ...args] = argv
  if (!pattern.program.test(posix.basename(program)) && !pattern.program.test(program))
    return false
  const options = args.filter(isOption)
  if (!pattern.options.every(option => options.some(given => givesOption(given, option))))
    return false
  const operands = args.filter(arg => !isOption(arg)).map(tidyPath)
  let from = 0
  return pattern.operands.every((operand) => {
    const found = operands.findIndex((word, index) => index >= from && operand.test(word))
    from = found + 1
    return found >= 0
  })
}

function isOption(word: string): boolean {
  return /^-{1,2}[a-z]/i.test(word)
}

/** `-rf` → r, f; `-delete` (find's way) and `--force` stay whole. */
function lettersOf(option: string): string[] {
  return /^-[a-z]{1,4}$/i.test(option) ? [...option.slice(1)].map(letter => `-${letter}`) : [option]
}

function givesOption(given: string, wanted: string): boolean {
  if (given === wanted || given.startsWith(`${wanted}=`))
    return true
  if (!/^-[a-z]$/i.test(wanted))
    return false
  const letter = wanted.charAt(1).toLowerCase()
  return given.startsWith('--') ? given.charAt(2).toLowerCase() === letter : /^-[a-z]+$/i.test(given) && given.slice(1).toLowerCase().includes(letter)
}

/** `//`, `/./` and `/tmp/..` are all `/`; a closing slash says nothing. */
function tidyPath(word: string): string {
  if (!/^(?:[/~.]|\$HOME|\$\{HOME\})/.test(word))
    return word
  const path = posix.normalize(word.replace(/^\$\{HOME\}/, '$HOME'))
  return path.length > 1 ? path.replace(/\/$/, '') : path
}

function glob(word: string): RegExp {
  const source = word.split(/(\*\*|\*)/).map(part => part === '**' ? '[\\s\\S]*' : part === '*' ? '[^/]*' : part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('')
  return new RegExp(`^${source}$`)
}
