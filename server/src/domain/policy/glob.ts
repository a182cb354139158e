/**
 * True when a text is what a pattern with wildcards stands for. Both may be hostile, so it is no regular expression: the places
 * at which the pattern may have got to are kept side by side, and none is tried twice.
 */
export type Glob = (text: string) => boolean

/** Of a manifest's rules: `*` is anything but a slash, `**` anything. */
export function ruleGlob(pattern: string): Glob {
  return globOf(pattern.split(/(\*\*|\*)/).map(part => part === '**' ? upTo(() => true) : part === '*' ? upTo(character => character !== '/') : literal(part)))
}

/** Of the shell's file names: `*`, `?`, `[a-z]`. */
export function fileGlob(pattern: string): Glob {
  return globOf([...pattern.matchAll(/\*+|\?|\[!?\]?[^\]]*\]|[^*?[]+|\[/g)].map(([part]) => {
    if (part.startsWith('*'))
      return upTo(character => character !== '/')
    if (part === '?')
      return one(character => character !== '/')
    return part.startsWith('[') && part.length > 2 ? one(inBrackets(part)) : literal(part)
  }))
}

/** From the places so far to the places after one part of the pattern, in rising order. */
type Step = (text: string, places: number[]) => number[]

function globOf(steps: Step[]): Glob {
  return text => steps.reduce((places, step) => places.length > 0 ? step(text, places) : places, [0]).includes(text.length)
}

function literal(part: string): Step {
  return (text, places) => places.filter(at => text.startsWith(part, at)).map(at => at + part.length)
}

function one(isPart: (character: string) => boolean): Step {
  return (text, places) => places.filter(at => at < text.length && isPart(text.charAt(at))).map(at => at + 1)
}

function upTo(isPart: (character: string) => boolean): Step {
  return (text, places) => {
    const reached: number[] = []
    let next = 0
    for (const start of places) {
      // What lies before `next` was reached from an earlier place already, and so was all that follows it.
      for (let at = start; at >= next; at++) {
        reached.push(at)
        next = at + 1
        if (at >= text.length || !isPart(text.charAt(at)))
          break
      }
    }
    return reached
  }
}

function inBrackets(part: string): (character: string) => boolean {
  const isNegated = part[1] === '!' || part[1] === '^'
  const body = part.slice(isNegated ? 2 : 1, -1)
  const ranges = [...body.matchAll(/(.)-(.)|(.)/gs)].map(([, from, to, single]) => [single ?? from ?? '', single ?? to ?? ''] as const)
  return character => character !== '/' && isNegated !== ranges.some(([from, to]) => from <= character && character <= to)
}
