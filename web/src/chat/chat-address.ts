import type { LocationQuery } from 'vue-router'
import { computed, ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/** What is searched for and which page of the history is shown stand in the address: `/chat/<id>?q=quay&before=…`. */
export function useChatAddress() {
  const route = useRoute()
  const router = useRouter()
  const search = computed(() => text(route.query.q).trim())
  const before = computed(() => text(route.query.before) || null)
  const trail = ref<(string | null)[]>([])

  function go(query: { q: string, before: string | null }, how: 'push' | 'replace'): void {
    const { q: _q, before: _before, ...rest } = route.query
    void router[how]({ query: { ...rest, ...kept(query) } })
  }

  return {
    search,
    before,
    /** What a link to another conversation carries along. */
    query: computed(() => kept({ q: search.value, before: before.value })),
    searchFor(q: string) {
      trail.value = []
      go({ q, before: null }, 'replace')
    },
    goOlder(older: string) {
      trail.value = [...trail.value, before.value]
      go({ q: search.value, before: older }, 'push')
    },
    goNewer() {
      const newer = trail.value.at(-1) ?? null
      trail.value = trail.value.slice(0, -1)
      go({ q: search.value, before: newer }, 'push')
    },
  }
}

function kept({ q, before }: { q: string, before: string | null }): { q?: string, before?: string } {
  return { ...q && { q }, ...before && { before } }
}

function text(value: LocationQuery[string] | undefined): string {
  return typeof value === 'string' ? value : ''
}
