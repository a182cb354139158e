/** One timer that is set anew each time. */
export interface Alarm { set: (inMs: number) => void, clear: () => void }

const LONGEST_MS = 2 ** 31 - 1

export function createAlarm(ring: () => void): Alarm {
  let timer: NodeJS.Timeout | undefined
  return {
    set(inMs) {
      clearTimeout(timer)
      timer = setTimeout(ring, Math.min(Math.max(Math.ceil(inMs), 1), LONGEST_MS))
    },
    clear: () => clearTimeout(timer),
  }
}
