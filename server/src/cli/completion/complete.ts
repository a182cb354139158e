import type { Command, Option } from 'commander'
import type { Asked } from './wanted.ts'
import { wantedAt } from './wanted.ts'

export interface Candidate { word: string, about: string }

export interface Completion {
  candidates: Candidate[]
  /** What the shell adds itself. */
  beside: 'files' | 'folders' | null
}

/** More than anybody reads; a shell asks first above a hundred. */
const MOST = 500

/**
 * What may stand at the cursor. `words` are those after `agentos`, up to the cursor; the last is what has been typed of
 * the word there, perhaps nothing. `ask` looks up what only the data know.
 */
export async function complete(program: Command, words: string[], ask: (what: Asked) => Promise<Candidate[]>): Promise<Completion> {
  const { before, typed, prefix } = atCursor(words)
  const { command, path, place, isOption } = follow(program, before)
  if (!isOption && typed.startsWith('-'))
    return of(optionsOf(program, command), typed)
  if (!isOption && command.commands.length > 0)
    return of(command.createHelp().visibleCommands(command).map(each => ({ word: each.name(), about: each.description() })), typed)
  const wanted = place === null ? [] : wantedAt([...path, place].join(' '))
  const lists = await Promise.all(wanted.map(async (each): Promise<Candidate[]> => {
    if (each === 'files' || each === 'folders')
      return []
    return typeof each === 'string' ? ask(each) : each.map(word => ({ word, about: '' }))
  }))
  const beside = wanted.find(each => each === 'files' || each === 'folders')
  return { ...of(lists.flat(), typed, prefix), beside: typeof beside === 'string' ? beside as 'files' | 'folders' : null } // found by these two words
}

/** `--status=run` is one word to most shells, three to bash. */
function atCursor(words: string[]): { before: string[], typed: string, prefix: string } {
  const before = words.slice(0, -1)
  const typed = words.at(-1) ?? ''
  if (before.at(-1) === '=' && before.at(-2)?.startsWith('--'))
    return { before: before.slice(0, -1), typed, prefix: '' }
  if (typed === '=' && before.at(-1)?.startsWith('--'))
    return { before, typed: '', prefix: '' }
  const [, option, value] = /^(--[\w-]+)=(.*)$/s.exec(typed) ?? []
  return option === undefined || value === undefined ? { before, typed, prefix: '' } : { before: [...before, option], typed: value, prefix: `${option}=` }
}

/** Which command the words have led to, and what its next word is: an argument, or the value of the option right before. */
function follow(program: Command, words: string[]): { command: Command, path: string[], place: string | null, isOption: boolean } {
  let command = program
  const path: string[] = []
  let given = 0
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!
    const option = word.startsWith('-') ? findOption(program, command, word) : undefined
    if (option && takesValue(option) && !word.includes('=')) {
      if (index === words.length - 1)
        return { command, path, place: option.long ?? option.short ?? null, isOption: true }
      index++
    }
    else if (!word.startsWith('-')) {
      const below = given === 0 ? command.commands.find(each => each.name() === word || each.aliases().includes(word)) : undefined
      if (below) {
        command = below
        path.push(below.name())
      }
      else {
        given++
      }
    }
  }
  return { command, path, place: command.registeredArguments[given]?.name() ?? null, isOption: false }
}

function findOption(program: Command, command: Command, word: string): Option | undefined {
  const name = word.split('=')[0]
  return [...command.options, ...program.options].find(option => option.long === name || option.short === name)
}

function takesValue(option: Option): boolean {
  return option.required || option.optional
}

function optionsOf(program: Command, command: Command): Candidate[] {
  const own = command.createHelp().visibleOptions(command)
  const all = command === program ? own : [...own, ...program.options]
  return all.map(option => ({ word: option.long ?? option.short ?? '', about: option.description }))
}

/** A word that a shell would read as more than a word is none that it may be given: names come from the data. */
function of(candidates: Candidate[], typed: string, prefix = ''): Completion {
  const fitting = candidates.filter(({ word }) => word.startsWith(typed) && /^[\w./:@+-]+$/.test(word))
  const unique = [...new Map(fitting.map(each => [each.word, each])).values()]
  return { candidates: unique.slice(0, MOST).map(each => ({ ...each, word: `${prefix}${each.word}` })), beside: null }
}
