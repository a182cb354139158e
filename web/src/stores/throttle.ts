/** Calls `run` at once, and then at most once in `intervalMs`, the last time after the last call. */
export function createThrottle(run: () => void, intervalMs: number): { call: () => void, stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | null = null
  let again = false

  function call(): void {
    if (timer) {
      again = true
      return
    }
    run()
    timer = setTimeout(() => {
      timer = null
      if (again) {
        again = false
        call()
      }
    }, intervalMs)
  }

  return {
    call,
    stop() {
      if (timer)
        clearTimeout(timer)
      timer = null
      again = false
    },
  }
}
