import process from 'node:process'

const SIGNALS = new Set(['SIGINT', 'SIGTERM', 'SIGHUP'])
const SAME_WITHIN_MS = 400

/**
 * A terminal gives Ctrl-C to every process of its group, and npm then passes it on once more: the same key press would
 * arrive twice, and a second one means "at once". So repeats within a moment count as one.
 */
export function takeRepeatedSignalsForOne() {
  const emit = process.emit
  const lastAt = new Map()
  process.emit = function (name, ...rest) {
    if (SIGNALS.has(name)) {
      const now = performance.now()
      const isRepeat = now - (lastAt.get(name) ?? -Infinity) < SAME_WITHIN_MS
      lastAt.set(name, now)
      if (isRepeat)
        return true
    }
    return emit.call(this, name, ...rest)
  }
}
