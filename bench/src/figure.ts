/** One measured figure beside the limit that was measured in the same run. */
export interface Figure {
  what: string
  /** Ours, in `unit`. */
  value: number
  unit: string
  /** What the machine can do without us, in the same unit; null when there is nothing to hold it against. */
  limit: number | null
  limitIs: string
  /** From performance.md: a bound on value / limit, or on the value itself. */
  target: { ratioAtLeast: number } | { ratioAtMost: number } | { atLeast: number } | { atMost: number } | null
}

export function printHead(): void {
  console.log(`${'what'.padEnd(48)} ${'measured'.padStart(18)} ${'limit'.padStart(18)} ${'ratio'.padStart(7)}  target`)
}

export function printFigure(figure: Figure): void {
  const { value, unit, limit } = figure
  const ratio = limit === null ? '' : (value / limit).toFixed(2)
  console.log([
    figure.what.padEnd(48),
    `${format(value)} ${unit}`.padStart(18),
    (limit === null ? '' : `${format(limit)} ${unit}`).padStart(18),
    ratio.padStart(7),
    ` ${describeTarget(figure)}${limit === null ? '' : `   (limit: ${figure.limitIs})`}`,
  ].join(' '))
}

function describeTarget({ target, value, limit }: Figure): string {
  if (!target)
    return ''
  const ratio = limit === null ? Number.NaN : value / limit
  const [text, isMet] = 'ratioAtLeast' in target
    ? [`≥ ${target.ratioAtLeast}`, ratio >= target.ratioAtLeast]
    : 'ratioAtMost' in target
      ? [`≤ ${target.ratioAtMost}×`, ratio <= target.ratioAtMost]
      : 'atLeast' in target
        ? [`≥ ${format(target.atLeast)}`, value >= target.atLeast]
        : [`≤ ${format(target.atMost)}`, value <= target.atMost]
  return `${text} ${isMet ? 'met' : 'not met'}`
}

function format(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}

/** The p-th percentile of a list, by nearest rank. */
export function percentile(values: number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * p / 100) - 1))] ?? Number.NaN
}
