import { readJsonTokens } from './json-tokens.ts'

/** Of one answer or one event of a stream; a text that is longer is cut, and what is more than all of this is left out. */
const MAX_STRING_BYTES = 512 * 1024
const MAX_TEXT_CHARS = 4 * 1024 * 1024
const MAX_NODES = 100_000
const MAX_DEPTH = 200

type Container = Record<string, unknown> | unknown[]

/**
 * Reads JSON as it comes and gives `onValue` what it says, pruned to a bounded size. Of a list (which is how Gemini streams when it
 * is not asked for events) each element is given by itself as soon as it is whole.
 * `push` and `end` throw a SyntaxError when it is no JSON.
 */
export function readJsonValues(onValue: (value: unknown) => void): { push: (bytes: Uint8Array) => void, end: () => void } {
  const open: Container[] = []
  const keys: string[] = []
  let isList = false
  let chars = 0
  let nodes = 0

  function place(value: unknown): void {
    const into = open.at(-1)
    if (into === undefined || (isList && open.length === 1))
      return // a root or an element of the list: given when it is whole
    if (++nodes > MAX_NODES)
      return
    if (Array.isArray(into))
      into.push(value)
    else
      Object.defineProperty(into, keys[open.length - 1]!, { value, enumerable: true, configurable: true, writable: true })
  }

  function give(value: unknown): void {
    chars = 0
    nodes = 0
    onValue(value)
  }

  function isWhole(): boolean {
    return open.length === 0 || (isList && open.length === 1)
  }

  return readJsonTokens({
    open(kind) {
      const container: Container = kind === 'array' ? [] : {}
      if (open.length === 0)
        isList = kind === 'array'
      place(container)
      open.push(container)
    },
    close() {
      const container = open.pop()
      if (isWhole() && !(isList && open.length === 0))
        give(container)
    },
    key(name) {
      keys[open.length - 1] = name
    },
    value(value) {
      if (isWhole())
        return give(value)
      chars += typeof value === 'string' ? value.length : 0
      place(chars > MAX_TEXT_CHARS && typeof value === 'string' ? '' : value)
    },
  }, { maxStringBytes: MAX_STRING_BYTES, maxDepth: MAX_DEPTH, maxValues: Infinity })
}
