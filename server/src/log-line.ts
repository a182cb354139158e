import process from 'node:process'
import { createColors } from 'picocolors'

const pc = createColors(!process.env.NO_COLOR)
const MARKS: Record<string, (text: string) => string> = { fatal: pc.red, error: pc.red, warn: pc.yellow, info: pc.green }

interface Line { at: string, level: string, msg?: string, err?: { stack?: string, message?: string } }

/** A line of the log for a person at a terminal: when, how grave, what, and what it is about. */
export function forTerminal(line: string): string {
  const { at, level, msg, err, ...about } = JSON.parse(line) as Line // as the logger writes it
  const words = Object.entries(about).map(([name, value]) => `${pc.dim(`${name}=`)}${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const below = err ? `\n${pc.dim(err.stack ?? err.message ?? '')}` : ''
  return `${[pc.dim(at.slice(11, 19)), (MARKS[level] ?? pc.dim)(level.padEnd(5)), msg, ...words].filter(Boolean).join(' ')}${below}\n`
}
