import process from 'node:process'
import { createColors } from 'picocolors'

/** Colours for a terminal alone: a pipe gets plain text, in CI too. NO_COLOR and --no-color switch them off, FORCE_COLOR on. */
export const pc = createColors(isWanted())

function isWanted(): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (NO_COLOR || process.argv.includes('--no-color'))
    return false
  return (FORCE_COLOR !== undefined && FORCE_COLOR !== '0') || (process.stdout.isTTY === true && TERM !== 'dumb')
}
