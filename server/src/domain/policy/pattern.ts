import type { Glob } from './glob.ts'
import { posix } from 'node:path'
import { ruleGlob } from './glob.ts'

/**
 * A command pattern of a manifest: `sudo`, `git push **`, `rm -rf /**`.
 * - The first word is the program, by its name alone: `rm` is also `/bin/rm`.
 * - Options must all be there, in any order, long or short, alone or together: `-rf` is also `-f -r` and `--recursive --force`.
 * - The other words must be found among the arguments, in their order. To deny or ask, others may stand between; to allow,
 *   they must be the first words, and no other option may stand before the last of them.
 * - `*` stands for anything but a slash, `**` for anything; a last word `**` also for nothing at all.
 */
export interface ArgvPattern {
  /** As it is written. */
  name: string
  program: Glob
  options: string[]
  operands: Glob[]
}

export function readPattern(rule: string): ArgvPattern {
  const [program = '', ...rest] = rule.trim().split(/\s+/)
  const words = rest.at(-1) === '**' ? rest.slice(0, -1) : rest
  return {
    name: program,
    program: ruleGlob(program),
    options: words.filter(isOption).flatMap(lettersOf),
    operands: words.filter(word => !isOption(word)).map(word => ruleGlob(tidyPath(word))),
  }
}

/** For deny and ask: `names` are all by which the program is known. */
export function matchesAnywhere(pattern: ArgvPattern, names: string[], args: string[]): boolean {
  if (!names.some(name => pattern.program(name)))
    return false
  const options = args.filter(isOption)
  if (!pattern.options.every(option => options.some(given => givesOption(given, option))))
    return false
  const operands = args.filter(arg => !isOption(arg)).map(tidyPath)
  let from = 0
  return pattern.operands.every((operand) => {
    const found = operands.findIndex((word, index) => index >= from && operand(word))
    from = found + 1
    return found >= 0
  })
}

/** For allow: the words of the pattern stand first, what follows is free. */
export function matchesFromStart(pattern: ArgvPattern, args: string[]): boolean {
  const left = [...pattern.operands]
  const missing = new Set(pattern.options)
  for (const word of args) {
    if (left.length === 0 && missing.size === 0)
      return true
    const given = pattern.options.filter(option => isOption(word) && givesOption(word, option))
    given.forEach(option => missing.delete(option))
    if (left.length === 0 || (given.length > 0 && lettersOf(word).every(letter => pattern.options.some(option => givesOption(letter, option)))))
      continue
    if (isOption(word) || !left.shift()!(tidyPath(word)))
      return false
  }
  return left.length === 0 && missing.size === 0
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
