/** For one who waits: a ring that comes while nobody waits is kept. An abort of the signal rings too. */
export interface RememberedBell {
  ring: () => void
  /** Forgets that it has rung. */
  hush: () => void
  rung: () => Promise<void>
  stop: () => void
}

export function createBell(signal: AbortSignal): RememberedBell {
  let hasRung = signal.aborted
  let wake = (): void => {}
  const ring = (): void => {
    hasRung = true
    wake()
  }
  signal.addEventListener('abort', ring, { once: true })
  return {
    ring,
    hush: () => void (hasRung = signal.aborted),
    rung: () => hasRung ? Promise.resolve() : new Promise(resolve => wake = resolve),
    stop: () => signal.removeEventListener('abort', ring),
  }
}
