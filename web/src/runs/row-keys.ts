import type { Ref } from 'vue'

/**
 * j and k, and x where rows can be chosen. A row is marked by `data-run` on its link.
 * The link in a row has the focus, so that Enter opens it without any help.
 */
export function useRowKeys(o: { list: Readonly<Ref<HTMLElement | null>>, toggle?: (id: string) => void }): Record<string, () => void> {
  function links(): HTMLElement[] {
    return [...o.list.value?.querySelectorAll<HTMLElement>('[data-run]') ?? []]
  }

  function current(): number {
    return links().findIndex(link => link === document.activeElement || link.closest('tr, li')?.contains(document.activeElement))
  }

  function move(by: number): void {
    const all = links()
    const to = all[Math.min(all.length - 1, Math.max(0, current() + by))]
    to?.focus()
    to?.closest('tr, li')?.scrollIntoView({ block: 'nearest' })
  }

  return {
    j: () => move(1),
    k: () => move(-1),
    x() {
      const id = links()[current()]?.dataset.run
      if (id)
        o.toggle?.(id)
    },
  }
}
