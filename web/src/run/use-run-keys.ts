import type { Ref } from 'vue'
import type { RunContext } from './run-context.ts'
import { useKeys } from '../composables/use-keys.ts'
import { isSelectable } from './feed.ts'

/** The keys of the run page; the list of shortcuts (?) names them. */
export function useRunKeys(context: RunContext, confirming: Ref<boolean>): void {
  const { timeline, selectedKey, following, tab, opened } = context

  function move(by: 1 | -1): void {
    const rows = timeline.value.rows.filter(isSelectable)
    const at = rows.findLastIndex(row => row.key === selectedKey.value)
    const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))]
    if (next)
      context.select(next.key)
  }

  useKeys({
    j: () => move(1),
    k: () => move(-1),
    f: () => following.value = !following.value,
    s: () => confirming.value = !confirming.value && timeline.value.end === null,
    e: () => tab.value = 'events',
    t: () => tab.value = 'terminal',
    p: () => tab.value = 'processes',
    w: () => tab.value = 'files',
    o: () => {
      const key = selectedKey.value
      if (key !== null)
        opened.set(key, !(opened.get(key) ?? true))
    },
  })
}
