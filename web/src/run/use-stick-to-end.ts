import type { Ref } from 'vue'
import { onScopeDispose, watch } from 'vue'

/**
 * Keeps a scrolling element at its end while `sticks`. Scrolling up by hand lets go, reaching the end takes hold again.
 * Call `stick` after its content has grown.
 */
export function useStickToEnd(element: Readonly<Ref<HTMLElement | null>>, sticks: Ref<boolean>): { stick: () => void } {
  let lastTop = 0
  let lastHeight = 0

  function stick(): void {
    const scrolled = element.value
    if (scrolled && sticks.value)
      scrolled.scrollTop = scrolled.scrollHeight
  }

  function onScroll(): void {
    const { scrollTop, scrollHeight, clientHeight } = element.value!
    if (scrollHeight - scrollTop - clientHeight < 8)
      sticks.value = true
    // Content that shrinks moves the place too; only a person moves it while the content stays.
    else if (scrollTop < lastTop - 2 && scrollHeight >= lastHeight)
      sticks.value = false
    lastTop = scrollTop
    lastHeight = scrollHeight
  }

  const resized = new ResizeObserver(stick)
  watch(element, (now, before) => {
    before?.removeEventListener('scroll', onScroll)
    resized.disconnect()
    if (!now)
      return
    now.addEventListener('scroll', onScroll, { passive: true })
    resized.observe(now)
    if (now.firstElementChild)
      resized.observe(now.firstElementChild)
  }, { flush: 'post', immediate: true })
  watch(sticks, stick, { flush: 'post' })
  onScopeDispose(() => resized.disconnect())

  return { stick }
}
