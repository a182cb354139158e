import type { RunEvent } from '@agentos/server/domain/event'
import type { Ref, ShallowRef } from 'vue'
import { onScopeDispose, shallowRef, triggerRef, watch } from 'vue'
import { eventFilter } from './event-line.ts'

/** What testing events may take of one frame. */
const SLICE_MS = 8
const SLICE_EVENTS = 2000

/** The events that pass the filter, oldest first; new ones are tested as they come, a new filter over as many frames as it needs. */
export function useEventFilter(events: ShallowRef<RunEvent[]>, words: Readonly<Ref<string>>): ShallowRef<RunEvent[]> {
  const passed = shallowRef<RunEvent[]>([])
  let passes = eventFilter('')
  let tested = 0
  let frame = 0

  function test(): void {
    cancelAnimationFrame(frame)
    const all = events.value
    const until = performance.now() + SLICE_MS
    while (tested < all.length && performance.now() < until) {
      const to = Math.min(all.length, tested + SLICE_EVENTS)
      for (; tested < to; tested++) {
        if (passes(all[tested]!))
          passed.value.push(all[tested]!)
      }
    }
    triggerRef(passed)
    if (tested < all.length)
      frame = requestAnimationFrame(test)
  }

  watch(words, () => {
    passes = eventFilter(words.value)
    passed.value = []
    tested = 0
    test()
  })
  watch(events, test, { immediate: true })
  onScopeDispose(() => cancelAnimationFrame(frame))
  return passed
}
