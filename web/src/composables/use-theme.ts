import type { ComputedRef } from 'vue'
import { computed, ref } from 'vue'

type Choice = 'system' | 'light' | 'dark'

/** Light or dark; as the system has it until the person chooses. The key and the words are those of public/theme.js. */
export function useTheme(): { isDark: ComputedRef<boolean>, toggle: () => void } {
  const system = matchMedia('(prefers-color-scheme: dark)')
  const systemIsDark = ref(system.matches)
  const choice = ref<Choice>(readChoice())
  const isDark = computed(() => choice.value === 'dark' || (choice.value === 'system' && systemIsDark.value))

  function paint(): void {
    document.documentElement.classList.toggle('dark', isDark.value)
  }

  system.addEventListener('change', (event) => {
    systemIsDark.value = event.matches
    paint()
  })

  return {
    isDark,
    toggle() {
      choice.value = isDark.value ? 'light' : 'dark'
      writeChoice(choice.value)
      paint()
    },
  }
}

function readChoice(): Choice {
  const stored = read('agentos-theme')
  return stored === 'light' || stored === 'dark' ? stored : 'system'
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key)
  }
  catch {
    return null // a browser that keeps nothing for us
  }
}

function writeChoice(choice: Choice): void {
  try {
    localStorage.setItem('agentos-theme', choice)
  }
  catch {
    // It holds for this tab.
  }
}
