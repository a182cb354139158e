/** `1,284,311`. */
export function formatNumber(value: number): string {
  return grouped.format(value)
}

// Made once: making one costs more than all that it ever formats.
const grouped = new Intl.NumberFormat('en-US')

/** Three figures at most: `950`, `2.5 k`, `166 k`, `1.2 M`. */
export function formatCount(value: number): string {
  if (value < 1000)
    return String(value)
  const [size, letter] = value < 999_500 ? [1000, 'k'] : [1_000_000, 'M']
  const scaled = value / size
  return `${scaled < 9.95 ? Number(scaled.toFixed(1)) : Math.round(scaled)} ${letter}`
}

/** `$14.20`; what is below ten cents keeps its digits: `$0.0042`. */
export function formatUsd(value: number): string {
  return value !== 0 && value < 0.1 ? `$${Number(value.toPrecision(2))}` : `$${value.toFixed(2)}`
}

/** `91.7 %`, `100 %`; null of nothing. */
export function formatShare(part: number, whole: number): string | null {
  return whole > 0 ? `${Number((part / whole * 100).toFixed(1))} %` : null
}

/** `1 run`, `3 runs`. */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${formatNumber(count)} ${count === 1 ? noun : nouns}`
}
