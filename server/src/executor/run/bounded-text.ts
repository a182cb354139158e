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
