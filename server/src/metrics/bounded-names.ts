/** What stands for every name beyond the bound. */
export const OTHER = 'other'

/** Lets the first `max` names through and calls the rest `other`: what a manifest may name must not fill a registry. */
export function boundNames(max: number): (name: string) => string {
  const known = new Set<string>()
  return (name) => {
    if (known.has(name))
      return name
    if (known.size >= max || name.length > MAX_CHARACTERS)
      return OTHER
    known.add(name)
    return name
  }
}

const MAX_CHARACTERS = 100
