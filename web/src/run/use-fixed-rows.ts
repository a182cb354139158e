import type { Ref } from 'vue'
import { computed, onScopeDispose, ref, watch } from 'vue'

/** Rows of one height in a scrolling element: which are to be drawn, and where. */
export interface FixedRows {
  /** From `first` up to, not including, `end`. */
  range: Readonly<Ref<{ first: number, end: number }>>
  /** Where the first drawn row stands, in pixels from the top. */
  top: Readonly<Ref<number>>
  height: Readonly<Ref<number>>
  /** The row in the middle of what is seen. */
  middle: Readonly<Ref<number>>
  scrollTo: (index: number) => void
}

/** No browser makes an element higher than about 17 million pixels: what is beyond that many rows is cut off by the caller. */
export const MOST_ROWS = 800_000

/** Drawn beyond the edges, so that a quick scroll finds something there. */
const OVERSCAN = 20

/**
 * The virtual list for logs: unlike one that knows each row's size, growing by a row costs nothing, however long the list.
 * While it `sticks`, the rows at the end are drawn before the element has been scrolled to them.
 */
export function useFixedRows(
  scroller: Readonly<Ref<HTMLElement | null>>,
  count: Readonly<Ref<number>>,
  rowHeight: number,
  sticks?: Readonly<Ref<boolean>>,
): FixedRows {
  const scrollTop = ref(0)
  const viewHeight = ref(0)

  function read(): void {
    const element = scroller.value
    if (!element)
      return
    scrollTop.value = element.scrollTop
    viewHeight.value = element.clientHeight
  }

  const resized = new ResizeObserver(read)
  watch(scroller, (now, before) => {
    before?.removeEventListener('scroll', read)
    resized.disconnect()
    if (!now)
      return
    now.addEventListener('scroll', read, { passive: true })
    resized.observe(now)
    read()
  }, { flush: 'post', immediate: true })
  onScopeDispose(() => resized.disconnect())

  const height = computed(() => count.value * rowHeight)
  const range = computed(() => {
    const from = sticks?.value ? height.value - viewHeight.value : scrollTop.value
    const first = Math.max(0, Math.min(count.value, Math.floor(from / rowHeight) - OVERSCAN))
    return { first, end: Math.min(count.value, first + Math.ceil(viewHeight.value / rowHeight) + 2 * OVERSCAN) }
  })

  return {
    range,
    top: computed(() => range.value.first * rowHeight),
    height,
    middle: computed(() => Math.floor((scrollTop.value + viewHeight.value / 2) / rowHeight)),
    scrollTo(index) {
      const element = scroller.value
      if (element)
        element.scrollTop = Math.max(0, (index + 0.5) * rowHeight - element.clientHeight / 2)
    },
  }
}
