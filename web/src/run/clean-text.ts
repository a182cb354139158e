import { writeOutUnseen } from '@agentos/server/domain/visible-text'

/**
 * What a hostile program may do to a terminal (move its cursor, set its title, write its clipboard) means nothing on a page:
 * every escape sequence but a change of style is taken out, and so are control characters but tab, newline, return and
 * backspace; what turns the direction of the text around it is written out. A sequence that is cut by the end of a piece is completed by the next one.
 */
export interface TextCleaner {
  clean: (text: string) => string
}

/** No real sequence is longer; a string that never ends must not swallow the rest of the output. */
const LONGEST_PENDING = 4096

export function createTextCleaner(): TextCleaner {
  let pending = ''

  function clean(text: string): string {
    if (pending === '' && isClean(text))
      return text
    const whole = pending + text
    pending = ''
    const open = UNFINISHED.exec(whole)
    let rest = whole
    if (open && whole.length - open.index <= LONGEST_PENDING) {
      pending = whole.slice(open.index)
      rest = whole.slice(0, open.index)
    }
    return rest.replace(SEQUENCE, sequence => STYLE.test(sequence) ? sequence : '').replace(CONTROL, '').replace(TURNS, writeOutUnseen)
  }

  return { clean }
}

/** Most text is: it has no control character, or only those of whole style sequences. */
function isClean(text: string): boolean {
  if (SUSPECT.test(text))
    return false
  for (let at = text.indexOf('\x1B'); at >= 0; at = text.indexOf('\x1B', at + 1)) {
    STYLE_HERE.lastIndex = at
    if (!STYLE_HERE.test(text))
      return false
  }
  return true
}

/** The text alone, without any sequence, any style and anything that moves back. */
export function plainText(text: string): string {
  return createTextCleaner().clean(text).replace(STYLES, '').replaceAll('\b', '')
}

/* eslint-disable no-control-regex -- control characters are what this file is about */
/** But ESC, which may begin a style. */
const SUSPECT = /[\0-\x07\v\f\x0E-\x1A\x1C-\x1F\x7F-\x9F\u202A-\u202E\u2066-\u2069]/
const STYLE_HERE = /\x1B\[[\d;:]{0,64}m/y

/** CSI; strings (OSC, DCS, SOS, PM, APC) up to BEL or ST; a lone two-character escape. */
const SEQUENCE = /\x1B\[[0-?]*[ -/]*[@-~]|\x1B[\]PX^_][^\x07\x1B]*(?:\x07|\x1B\\)|\x1B[ -/]*[0-Z\\`-~]/g
const STYLE = /^\x1B\[[\d;:]{0,64}m$/
const STYLES = /\x1B\[[\d;:]{0,64}m/g
const UNFINISHED = /\x1B(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1B]*\x1B?|[ -/]+)?$/

/** An ESC that begins a style stays. */
const CONTROL = /\x1B(?!\[[\d;:]{0,64}m)|[\0-\x07\v\f\x0E-\x1A\x1C-\x1F\x7F-\x9F]/g
const TURNS = /[\u202A-\u202E\u2066-\u2069]/g
/* eslint-enable no-control-regex */
