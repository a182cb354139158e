/** Chance that can be had again: the same seed gives the same schedule. */
export interface Random {
  /** A whole number of these, both included. */
  int: (min: number, max: number) => number
  chance: (probability: number) => boolean
  pick: <T>(from: readonly T[]) => T
  /** Another one, which depends on this one's seed and the name alone, not on what was drawn before. */
  fork: (name: string) => Random
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0
  // Marsaglia's xorshift: good enough to choose moments by.
  const next = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
  state = state === 0 ? 1 : state
  for (let index = 0; index < 8; index++)
    next() // small seeds look alike at first
  return {
    int: (min, max) => min + Math.floor(next() * (max - min + 1)),
    chance: probability => next() < probability,
    pick: from => from[Math.floor(next() * from.length)]!, // callers have some
    fork: name => createRandom([...name].reduce((hash, character) => Math.imul(hash ^ character.codePointAt(0)!, 16_777_619), seed ^ 0x811C9DC5)),
  }
}
