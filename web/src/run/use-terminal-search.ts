import type { Ref } from 'vue'
import type { Terminal } from './terminal.ts'
import { computed, ref, shallowRef, watch } from 'vue'
import { formatNumber } from '../format/number.ts'
import { findRows } from './terminal.ts'

export interface TerminalSearch {
  isFound: (index: number) => boolean
  /** The row that the search stands at. */
  at: Readonly<Ref<number | null>>
  label: Readonly<Ref<string>>
  move: (by: 1 | -1) => void
}

/** Finds words in a terminal that may be growing: what has been searched is not searched again. */
export function useTerminalSearch(terminal: Readonly<Ref<Terminal>>, words: Readonly<Ref<string>>): TerminalSearch {
  const found = shallowRef<number[]>([])
  const isFound = shallowRef(new Set<number>())
  const chosen = ref(0)
  let searchedTo = 0
  let searchedFor = ''

  watch([terminal, words], () => {
    const view = terminal.value
    const again = words.value !== searchedFor || view.length < searchedTo
    if (again) {
      searchedTo = 0
      chosen.value = 0
    }
    searchedFor = words.value
    // The last rows may have been rewritten since.
    const from = Math.max(0, searchedTo - 2)
    const kept = again ? [] : found.value.filter(index => index < from)
    found.value = words.value === '' ? [] : [...kept, ...findRows(view, words.value, from, view.length)]
    isFound.value = new Set(found.value)
    searchedTo = view.length
  }, { immediate: true })

  return {
    isFound: (index: number) => isFound.value.has(index),
    at: computed(() => found.value[chosen.value] ?? null),
    label: computed(() => {
      if (words.value === '')
        return ''
      return found.value.length === 0 ? 'none' : `${formatNumber(chosen.value + 1)} of ${formatNumber(found.value.length)}`
    }),
    move(by: 1 | -1) {
      if (found.value.length > 0)
        chosen.value = (chosen.value + by + found.value.length) % found.value.length
    },
  }
}
