import { defineStore } from 'pinia'
import { ref } from 'vue'

/** One clock for all that counts on a page. It ticks each second while somebody looks at it, and stands while the tab is hidden. */
export const useClock = defineStore('clock', () => {
  const nowMs = ref(Date.now())
  let readers = 0
  let timer: ReturnType<typeof setInterval> | null = null

  function tick(): void {
    if (typeof document === 'undefined' || !document.hidden)
      nowMs.value = Date.now()
  }

  /** Starts it for one more reader; returns how to leave. */
  function read(): () => void {
    readers += 1
    nowMs.value = Date.now()
    timer ??= setInterval(tick, 1000)
    let left = false
    return () => {
      if (left)
        return
      left = true
      readers -= 1
      if (readers === 0 && timer) {
        clearInterval(timer)
        timer = null
      }
    }
  }

  return { nowMs, read }
})
