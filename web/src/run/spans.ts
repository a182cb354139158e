import type { TextStyle } from './ansi.ts'

/** How a style is shown: classes of terminal.css, and a colour of its own where a program chose one by number. */
export function spanClasses(style: TextStyle): string {
  const classes: string[] = []
  const fg = style.inverse ? style.bg ?? 'page' : style.fg
  const bg = style.inverse ? style.fg ?? 'ink' : style.bg
  if (fg && !fg.startsWith('#'))
    classes.push(`term-fg-${fg}`)
  if (bg && !bg.startsWith('#'))
    classes.push(`term-bg-${bg}`)
  for (const name of ['bold', 'dim', 'italic', 'underline', 'strike', 'hidden'] as const) {
    if (style[name])
      classes.push(`term-${name}`)
  }
  return classes.join(' ')
}

export function spanColours(style: TextStyle): { color?: string, backgroundColor?: string } | undefined {
  const fg = style.inverse ? style.bg : style.fg
  const bg = style.inverse ? style.fg : style.bg
  if (!fg?.startsWith('#') && !bg?.startsWith('#'))
    return undefined
  return { ...(fg?.startsWith('#') && { color: bg ? fg : readable(fg) }), ...(bg?.startsWith('#') && { backgroundColor: bg }) }
}

/** A program chose its colour for a background that is not ours. */
function readable(colour: string): string {
  return `color-mix(in oklab, ${colour} 65%, var(--ui-text-highlighted))`
}
