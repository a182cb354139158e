import { defineStore } from 'pinia'
import { ref } from 'vue'

const KEY = 'agentos-sidebar'

/** What surrounds the pages: the fold of the sidebar (remembered, once for Run and once for the rest), the drawer, the dialogs. */
export const useShell = defineStore('shell', () => {
  const folded = ref(readFolds())
  const drawerOpen = ref(false)
  const palette = ref<'closed' | 'all' | 'agents'>('closed')
  const shortcutsOpen = ref(false)

  function isFolded(rail: boolean): boolean {
    return rail ? folded.value.run : folded.value.rest
  }

  function toggleFold(rail: boolean): void {
    folded.value = rail ? { ...folded.value, run: !folded.value.run } : { ...folded.value, rest: !folded.value.rest }
    try {
      localStorage.setItem(KEY, JSON.stringify(folded.value))
    }
    catch {
      // It holds for this tab.
    }
  }

  return { drawerOpen, palette, shortcutsOpen, isFolded, toggleFold }
})

function readFolds(): { run: boolean, rest: boolean } {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? 'null')
    if (typeof stored === 'object' && stored !== null && 'run' in stored && 'rest' in stored)
      return { run: stored.run === true, rest: stored.rest === true }
  }
  catch {
    // Nothing stored, or not by us.
  }
  return { run: true, rest: false }
}
