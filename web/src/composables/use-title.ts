import type { MaybeRefOrGetter } from 'vue'
import { toValue, watchEffect } from 'vue'

/** The words in the browser's tab. */
export function useTitle(title: MaybeRefOrGetter<string>): void {
  watchEffect(() => document.title = `${toValue(title)} · AgentOS`)
}
