import type { ArgvPattern } from './pattern.ts'
import type { ReadCommand, Reading } from './read-line.ts'
import { posix } from 'node:path'
import { fileGlob } from './glob.ts'
import { matchesAnywhere, matchesFromStart, readPattern } from './pattern.ts'
import { readLine } from './read-line.ts'

export interface CommandRules { deny: string[], ask: string[], allow: string[] }

/** `rule`: the pattern that decided, or the key of the manifest where it was none. `why` is for a person, without a full stop. */
export type Decision
  = | { verdict: 'allow' }
    | { verdict: 'ask' | 'deny', rule: string, why: string }

/**
 * Whether a shell line may run. Deny wins over ask, ask over allow; an allow-list that is not empty denies what it does not name.
 * Pipes, lists, newlines, subshells, substitutions, texts for a shell and wrappers such as env, nice and xargs are looked into,
 * since a plain text search walks past all of them. `namesOf` says by which other names a program is known on this machine.
 *
 * This is a seat belt, not a wall: it stops the slip and the careless model. What only running the line could tell walks past
 * it, and then meets the sandbox (docs/command-policy.md). A line that no shell could read is not denied for that; the shell
 * refuses it. One that is too large or too deep to be read here is denied as soon as there is any rule.
 */
export function decide(line: string, rules: CommandRules, namesOf: (program: string) => string[] = () => []): Decision {
  if (rules.deny.length + rules.ask.length + rules.allow.length === 0)
    return { verdict: 'allow' }
  const reading = readLine(line)
  const { commands, unread } = reading
  const named = commands.map(command => ({ ...command, names: allNames(command, namesOf) }))
  const find = (list: string[]) => list.find(rule => named.some(command => breaks(patternOf(rule), command)))

  const denied = find(rules.deny)
  if (denied !== undefined)
    return { verdict: 'deny', rule: denied, why: `denied by the rule ${JSON.stringify(denied)} of commands.deny` }
  if (unread !== null)
    return { verdict: 'deny', rule: 'commands', why: `it could not be held against the rules of commands: ${unread}. ${SMALLER}` }
  const stranger = rules.allow.length > 0 ? notAllowed(reading, rules.allow.map(patternOf)) : null
  if (stranger !== null)
    return { verdict: 'deny', rule: 'commands.allow', why: stranger }
  const asked = find(rules.ask)
  if (asked !== undefined)
    return { verdict: 'ask', rule: asked, why: `the rule ${JSON.stringify(asked)} of commands.ask wants a person to be asked` }
  return { verdict: 'allow' }
}

const SMALLER = 'Make it shorter, or write it to a file in parts and run that'

type NamedCommand = ReadCommand & { names: string[] }

function allNames({ argv: [program = ''] }: ReadCommand, namesOf: (program: string) => string[]): string[] {
  return [...new Set([program, posix.basename(program), ...namesOf(program)])]
}

function breaks(pattern: ArgvPattern, { argv, names, isGlob }: NamedCommand): boolean {
  const could = isGlob && fileGlob(posix.basename(argv[0] ?? ''))(pattern.name) ? [pattern.name] : []
  return matchesAnywhere(pattern, [...names, ...could], argv.slice(1))
}

/** Why an allow-list lets the line not pass. */
function notAllowed(line: Omit<Reading, 'unread'>, allow: ArgvPattern[]): string | null {
  const { commands, isMalformed, changesPath } = line
  if (isMalformed)
    return 'it is not well-formed shell, so that it cannot be held against commands.allow'
  if (changesPath)
    return 'it changes PATH, after which the names of commands.allow stand for other programs'
  const stranger = commands.find(command => !command.isOwn && !isHarmless(command) && !allow.some(pattern => isNamed(pattern, command)))
  return stranger ? `${JSON.stringify(stranger.argv.join(' ').slice(0, 200))} is not among commands.allow` : null
}

/** A name without a folder means the machine's own program, not one of that name in the workspace. */
function isNamed(pattern: ArgvPattern, { argv: [program = '', ...args] }: ReadCommand): boolean {
  const name = SYSTEM_FOLDERS.has(posix.dirname(program)) ? posix.basename(program) : program
  return (pattern.program(program) || pattern.program(name)) && matchesFromStart(pattern, args)
}

const SYSTEM_FOLDERS = new Set(['/bin', '/sbin', '/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin'])

function isHarmless({ argv: [program = '', ...args] }: ReadCommand): boolean {
  return BUILT_IN.has(program) || (program === 'command' && /^-v$/i.test(args[0] ?? ''))
}

/**
 * What the shell itself does, with no effect outside of it; and what only has it run something else, which is looked at for itself
 * (POSIX, Shell Command Language 2.14 and Utilities 1.6; bash's manual, Shell Builtin Commands).
 */
const BUILT_IN = new Set([
  ':', '[', '[[', 'alias', 'bg', 'break', 'cd', 'continue', 'declare', 'dirs', 'echo', 'exit', 'export', 'false', 'fg', 'getopts', 'jobs',
  'let', 'local', 'popd', 'printf', 'pushd', 'pwd', 'read', 'readonly', 'return', 'set', 'shift', 'shopt', 'test', 'times', 'trap',
  'true', 'type', 'typeset', 'ulimit', 'umask', 'unalias', 'unset', 'wait',
  'builtin', 'command', 'eval', 'exec',
])

/** The same few lists are asked for each command of a run. */
const patterns = new Map<string, ArgvPattern>()

function patternOf(rule: string): ArgvPattern {
  const known = patterns.get(rule)
  if (known)
    return known
  if (patterns.size >= 1000)
    patterns.clear()
  const pattern = readPattern(rule)
  patterns.set(rule, pattern)
  return pattern
}
