/**
 * Colours of terminal output as values, so that components show it by text interpolation alone. ansi_up and its like make
 * HTML, which a hostile agent would write into our page; here nothing but text and a class ever reaches it.
 */

export interface TextStyle {
  /** `0`–`15` name a colour of the theme, `#rrggbb` is taken as it is. */
  readonly fg: string | null
  readonly bg: string | null
  readonly bold: boolean
  readonly dim: boolean
  readonly italic: boolean
  readonly underline: boolean
  readonly strike: boolean
  readonly inverse: boolean
  readonly hidden: boolean
}

export interface Span {
  text: string
  style: TextStyle
}

export const PLAIN: TextStyle = Object.freeze({
  fg: null,
  bg: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  strike: false,
  inverse: false,
  hidden: false,
})

/** `text` holds no escape but SGR (see clean-text.ts); `style` is what was in force where it begins. */
export function spansOf(text: string, style: TextStyle): Span[] {
  if (!text.includes('\x1B'))
    return text === '' ? [] : [{ text, style }]
  const spans: Span[] = []
  let from = 0
  for (const match of text.matchAll(SGR)) {
    if (match.index > from)
      spans.push({ text: text.slice(from, match.index), style })
    style = applySgr(style, match[1] ?? '')
    from = match.index + match[0].length
  }
  if (from < text.length)
    spans.push({ text: text.slice(from), style })
  return spans
}

/** The style in force after `text`. */
export function styleAfter(text: string, style: TextStyle): TextStyle {
  const last = text.lastIndexOf('\x1B')
  if (last < 0)
    return style
  // The usual end of a coloured piece.
  if (text.startsWith('\x1B[0m', last) || text.startsWith('\x1B[m', last))
    return PLAIN
  for (const match of text.matchAll(SGR))
    style = applySgr(style, match[1] ?? '')
  return style
}

export function withoutStyles(text: string): string {
  return text.includes('\x1B') ? text.replace(SGR, '') : text
}

// eslint-disable-next-line no-control-regex -- ESC is what an escape sequence begins with
const SGR = /\x1B\[([\d;:]{0,64})m/g

function applySgr(style: TextStyle, parameters: string): TextStyle {
  const codes = parameters.split(/[;:]/).map(Number)
  let next: { -readonly [K in keyof TextStyle]: TextStyle[K] } = { ...style }
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!
    const flag = FLAGS[code]
    if (code === 0) {
      next = { ...PLAIN }
    }
    else if (flag) {
      for (const name of flag.names)
        next[name] = flag.on
    }
    else if (code === 38 || code === 48) {
      const [colour, used] = extendedColour(codes, i + 1)
      next[code === 38 ? 'fg' : 'bg'] = colour
      i += used
    }
    else if (code === 39 || code === 49) {
      next[code === 39 ? 'fg' : 'bg'] = null
    }
    else if (code >= 30 && code <= 37) {
      next.fg = String(code - 30)
    }
    else if (code >= 40 && code <= 47) {
      next.bg = String(code - 40)
    }
    else if (code >= 90 && code <= 97) {
      next.fg = String(code - 82)
    }
    else if (code >= 100 && code <= 107) {
      next.bg = String(code - 92)
    }
  }
  return next
}

type Flag = 'bold' | 'dim' | 'italic' | 'underline' | 'strike' | 'inverse' | 'hidden'

const FLAGS: Record<number, { names: Flag[], on: boolean }> = {
  1: { names: ['bold'], on: true },
  2: { names: ['dim'], on: true },
  3: { names: ['italic'], on: true },
  4: { names: ['underline'], on: true },
  7: { names: ['inverse'], on: true },
  8: { names: ['hidden'], on: true },
  9: { names: ['strike'], on: true },
  22: { names: ['bold', 'dim'], on: false },
  23: { names: ['italic'], on: false },
  24: { names: ['underline'], on: false },
  27: { names: ['inverse'], on: false },
  28: { names: ['hidden'], on: false },
  29: { names: ['strike'], on: false },
}

/** `5;n` or `2;r;g;b`: the colour and how many codes it took. */
function extendedColour(codes: number[], at: number): [string | null, number] {
  if (codes[at] === 5)
    return [indexedColour(codes[at + 1] ?? 0), 2]
  if (codes[at] === 2)
    return [hex(codes[at + 1] ?? 0, codes[at + 2] ?? 0, codes[at + 3] ?? 0), 4]
  return [null, 0]
}

function indexedColour(index: number): string | null {
  if (!(index >= 0 && index <= 255))
    return null
  if (index < 16)
    return String(index)
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10
    return hex(grey, grey, grey)
  }
  const cube = index - 16
  return hex(CUBE[Math.floor(cube / 36)]!, CUBE[Math.floor(cube / 6) % 6]!, CUBE[cube % 6]!)
}

const CUBE = [0, 95, 135, 175, 215, 255]

function hex(...parts: number[]): string {
  return `#${parts.map(part => Math.min(255, part).toString(16).padStart(2, '0')).join('')}`
}
