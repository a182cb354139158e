import type { ArgvPattern } from './policy-pattern.ts'
import { commandsOf } from './command-line.ts'
import { matchesPattern, readPattern } from './policy-pattern.ts'

/**
 * The rule of `deny` that a shell line breaks, or null. Pipes, lists, newlines, subshells, substitutions, `sh -c "…"` and
 * wrappers such as env, nice and xargs are looked into, since a plain text search walks past all of them.
 *
 * This is a seat belt, not a wall: it stops the slip and the careless model. `python3 -c`, a script written to a file, a
 * name put together from variables walk past it still, and then meet the sandbox. A line that no shell could read is
 * not denied here; the shell refuses it.
 */
export function findDenied(command: string, deny: string[]): string | null {
  if (deny.length === 0)
    return null
  const commands = commandsOf(command)
  return deny.find((rule) => {
    const pattern = patternOf(rule)
    return commands.some(argv => matchesPattern(pattern, argv))
  }) ?? null
}

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
