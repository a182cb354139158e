import process from 'node:process'
import { EXIT_CODE_INTERRUPTED } from '../domain/run.ts'
import { silence } from './print/out.ts'

/**
 * Why a command is to end before its work is done: Ctrl-C, SIGTERM, or nobody is there any more to read what it prints
 * (`agentos logs x | head -1`, a terminal that was closed).
 */
export type Leave = 'interrupt' | 'terminate' | 'gone'

const SIGNALS = { SIGINT: 'interrupt', SIGTERM: 'terminate', SIGHUP: 'gone' } as const satisfies Partial<Record<NodeJS.Signals, Leave>>

const listeners: ((why: Leave) => void)[] = []

/** The newest listener alone is told. Without any, a signal ends the process as the operating system has it. */
export function onLeave(listener: (why: Leave) => void): () => void {
  if (listeners.length === 0) {
    for (const signal of Object.keys(SIGNALS))
      process.on(signal, onSignal)
  }
  listeners.push(listener)
  return () => {
    listeners.splice(listeners.indexOf(listener), 1)
    if (listeners.length === 0) {
      for (const signal of Object.keys(SIGNALS))
        process.off(signal, onSignal)
    }
  }
}

export function exitCodeOf(why: Leave): number {
  return why === 'gone' ? 0 : EXIT_CODE_INTERRUPTED
}

/** Ends the command when what it prints cannot be written any more. */
export function leaveWithReader(): void {
  // What is told on standard error is told to somebody, or not.
  process.stderr.on('error', () => {})
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    process.stdout.on('error', () => {})
    silence()
    // A reader that has seen enough is no failure; a disk that is full is one.
    if (error.code !== 'EPIPE' && error.code !== 'EIO') {
      process.stderr.write(`error standard output cannot be written: ${error.message}\n`)
      process.exitCode = 1
    }
    tell('gone')
  })
}

function onSignal(signal: NodeJS.Signals): void {
  const why = SIGNALS[signal as keyof typeof SIGNALS] // only these are listened to
  if (why === 'gone')
    silence()
  tell(why)
}

function tell(why: Leave): void {
  const listener = listeners.at(-1)
  if (!listener)
    process.exit()
  listener(why)
}
