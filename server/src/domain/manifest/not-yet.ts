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

/** One sentence for each key in the file that is kept but does not act yet and is safe to leave aside. `written` is the file as read. */
export function keptKeys(written: Record<string, unknown>): string[] {
  return Object.entries(KEY_EFFECTS).flatMap(([key, effect]) => effect.now === 'notice' && isWritten(written, key.split('.')) ? [`${key} ${effect.say}`] : [])
}

function isWritten(value: unknown, [part, ...rest]: string[]): boolean {
  if (part === undefined)
    return value !== undefined
  if (typeof value !== 'object' || value === null)
    return false
  const child: unknown = (value as Record<string, unknown>)[part.replace('[]', '')] // any own key may be asked for
  if (part.endsWith('[]'))
    return Array.isArray(child) && child.some(item => isWritten(item, rest))
  return isWritten(child, rest)
}
