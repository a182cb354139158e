import type { Ref } from 'vue'
import { storeToRefs } from 'pinia'
import { onScopeDispose } from 'vue'
import { useClock } from '../stores/clock.ts'

/** Milliseconds since 1970, each second anew while the component lives. */
export function useNow(): Readonly<Ref<number>> {
  const clock = useClock()
  onScopeDispose(clock.read())
  return storeToRefs(clock).nowMs
}
