import type { Ref } from 'vue'
import { onScopeDispose, ref } from 'vue'

/** Whether a media query holds, live. */
export function useMedia(query: string): Readonly<Ref<boolean>> {
  const media = matchMedia(query)
  const holds = ref(media.matches)
  const update = () => holds.value = media.matches
  media.addEventListener('change', update)
  onScopeDispose(() => media.removeEventListener('change', update))
  return holds
}
