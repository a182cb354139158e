/** So many events a second on average: who reads faster waits, and what is said is slowed down instead of left out. */
export interface EventBudget {
  spend(): void
  hasRoom(): boolean
  stop(): void
}

const PER_SECOND = 20
/** A turn of an agent begins with much, and goes on with little. */
const BURST = 200

export function createEventBudget(onRoom: () => void): EventBudget {
  let left = BURST
  let countedAt = performance.now()
  let timer: NodeJS.Timeout | null = null
  return { spend, hasRoom, stop }

  function spend(): void {
    const now = performance.now()
    left = Math.min(BURST, left + (now - countedAt) / 1000 * PER_SECOND) - 1
    countedAt = now
    if (left < 0)
      timer ??= setTimeout(release, Math.ceil(-left / PER_SECOND * 1000))
  }

  function hasRoom(): boolean {
    return timer === null
  }

  function release(): void {
    timer = null
    onRoom()
  }

  function stop(): void {
    if (timer)
      clearTimeout(timer)
    timer = null
    onRoom()
  }
}
