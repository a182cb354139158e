import { onScopeDispose } from 'vue'

/** Keys of a page, by `event.key`; `mod+k` is ⌘K or Ctrl+K. Plain keys do nothing while the person types or a dialog is open. */
export function useKeys(keys: Record<string, (event: KeyboardEvent) => void>): void {
  function onKeydown(event: KeyboardEvent): void {
    const run = keys[nameOf(event)]
    if (!run || event.defaultPrevented || event.altKey)
      return
    if (!(event.metaKey || event.ctrlKey) && isBusyElsewhere(event))
      return
    event.preventDefault()
    run(event)
  }
  document.addEventListener('keydown', onKeydown)
  onScopeDispose(() => document.removeEventListener('keydown', onKeydown))
}

function nameOf(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  return event.metaKey || event.ctrlKey ? `mod+${key}` : key
}

function isBusyElsewhere(event: KeyboardEvent): boolean {
  if (!(event.target instanceof Element))
    return false
  if (event.target.closest('input:not([type=checkbox]), textarea, select, [contenteditable=true], [role=dialog], [role=menu], [role=listbox]'))
    return true
  // Enter and Space belong to what has the focus, when that is a control.
  return (event.key === 'Enter' || event.key === ' ') && event.target.closest('button, a, [role=checkbox]') !== null
}
