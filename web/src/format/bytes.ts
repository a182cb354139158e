const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** `612 MiB`, `1.1 MiB`, `0 B`: three figures at most. */
export function formatBytes(bytes: number): string {
  const { figure, unit } = scale(bytes)
  return `${figure} ${unit}`
}

/** The same where the unit is clear from the place: `612 M`, `1 G`, `40 B`. */
export function formatShortBytes(bytes: number): string {
  const { figure, unit } = scale(bytes)
  return `${figure} ${unit[0]}`
}

function scale(bytes: number): { figure: string, unit: string } {
  let value = Math.max(0, bytes)
  let index = 0
  while (value >= 999.5 && index < UNITS.length - 1) {
    value /= 1024
    index += 1
  }
  const figure = index > 0 && value < 9.95 ? String(Number(value.toFixed(1))) : String(Math.round(value))
  return { figure, unit: UNITS[index]! }
}
