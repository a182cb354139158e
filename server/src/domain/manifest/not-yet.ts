import type { Manifest } from './manifest.ts'
import { KEY_EFFECTS } from './key-effects.ts'

/**
 * The sentence that refuses a run because of a key that does not act yet and would be unsafe to ignore; null when the
 * agent may run. The manifest itself is right, so it can be saved.
 */
export function notYet(manifest: Manifest): string | null {
  for (const [key, effect] of Object.entries(KEY_EFFECTS)) {
    if (effect.now === 'refuse' && effect.when(manifest))
      return `${key} ${effect.say}`
  }
  return null
}
