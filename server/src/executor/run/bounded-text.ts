/** Keeps the head and the tail of a text of any length, and says what is missing between them. */
export interface BoundedText {
  add(text: string): void
  toString(): string
  readonly isCut: boolean
}

export function createBoundedText(headCharacters: number, tailCharacters: number): BoundedText {
  let head = ''
  let tail = ''
  let leftOut = 0
  return {
    add,
    toString,
    get isCut() {
      return leftOut > 0
    },
  }

  function add(text: string): void {
    const room = headCharacters - head.length
    head += text.slice(0, room)
    tail += text.slice(room)
    // Not at every piece: a slice copies.
    if (tail.length > tailCharacters * 2 + 4096)
      trim()
  }

  function toString(): string {
    trim()
    return leftOut > 0 ? `${head}\n[… ${leftOut} characters left out here …]\n${tail}` : head + tail
  }

  function trim(): void {
    const excess = tail.length - tailCharacters
    if (excess > 0) {
      leftOut += excess
      tail = tail.slice(excess)
    }
  }
}

/** The head and the tail of a text that is longer. */
export function bounded(text: string, maxCharacters: number): { text: string, isCut: boolean } {
  const kept = createBoundedText(Math.ceil(maxCharacters / 2), Math.floor(maxCharacters / 2))
  kept.add(text)
  return { text: kept.toString(), isCut: kept.isCut }
}

/** A name or a sentence, on one line. */
export function boundedLine(text: string, maxCharacters: number): string {
  const line = text.slice(0, maxCharacters + 1).replace(/[\s\0]+/g, ' ').trim()
  return line.length > maxCharacters ? `${line.slice(0, maxCharacters - 1)}…` : line
}
