/**
 * What reading a line may cost. A line that needs more is not read whole, and the reader says so: a rule that was held
 * against half of a line would be worse than none.
 */
export class Unread extends Error {}

export interface Budget {
  /** Before a text is parsed. */
  parse: (text: string) => void
  /** For text that the words of the line become. */
  text: (length: number) => void
  /** For each command that is found. */
  command: () => void
  /** For each node of a syntax tree that is looked at. */
  node: () => void
}

/** One command of a session may have 120,000 bytes: what is longer never runs. */
const MAX_CHARACTERS = 128 * 1024
const MAX_COMMANDS = 2000
const MAX_NODES = 500_000
/** Characters, each as often as it is read again for a substitution that stands around it. */
const MAX_WORK = 16_000_000
const MAX_WRITTEN = 8_000_000
/** The parser gives up there. */
const MAX_NESTING = 256

export function createBudget(): Budget {
  let work = 0
  let written = 0
  let commands = 0
  let nodes = 0
  return {
    parse(text) {
      if (text.length > MAX_CHARACTERS)
        throw new Unread(`it has ${text.length} characters, and ${MAX_CHARACTERS} can be read`)
      work += text.length * (1 + Math.min(openSubstitutions(text), MAX_NESTING))
      if (work > MAX_WORK)
        throw new Unread('it has too many substitutions for its length')
    },
    text(length) {
      written += length
      if (written > MAX_WRITTEN)
        throw new Unread('its words become too long a text')
    },
    command() {
      if (++commands > MAX_COMMANDS)
        throw new Unread(`it has more than ${MAX_COMMANDS} commands`)
    },
    node() {
      if (++nodes > MAX_NODES)
        throw new Unread('it has too many parts')
    },
  }
}

/**
 * At most so many substitutions stand inside each other. The simple ones, which plainly close again, are taken out first;
 * of the others each is counted as if it stood inside the one before.
 */
function openSubstitutions(text: string): number {
  let rest = text
  for (let pass = 0; pass < 4; pass++) {
    const next = rest.replace(CLOSED, '')
    if (next === rest)
      break
    rest = next
  }
  return (rest.match(OPENING) ?? []).length
}

const CLOSED = /\$\{[^{}'"\\`#$<(]*\}|\$\((?:[^()'"\\`#<]|"[^"'\\`()#$]*"|'[^'"\\`()#$]*')*\)/g
const OPENING = /[$<>]\(|\$\{|\$\[|`|\(\(/g
