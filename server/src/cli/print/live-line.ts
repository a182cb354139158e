import process from 'node:process'
import { print } from './out.ts'

export interface LiveLine {
  /** Prints above the line. */
  write: (text: string) => void
  /** Whole lines on standard error, above the line. */
  aside: (text: string) => void
  /** Takes the line away for good. */
  end: () => void
}

const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'
const FRAME_MS = 100
const CLEAR = '\r\u001B[2K'
/** What is too long is cut by the terminal, which knows how wide its characters are. */
const [NO_WRAP, WRAP] = ['\u001B[?7l', '\u001B[?7h']

/**
 * A last line on the terminal that tells what is going on now; `describe` gives its text, or nothing. It is never there while
 * the line above it is still open. Not on a terminal: no line.
 */
export function createLiveLine(describe: () => string): LiveLine {
  if (!process.stdout.isTTY || !process.stderr.isTTY || process.env.TERM === 'dumb')
    return { write: print, aside: text => void process.stderr.write(text), end: () => {} }

  let frame = 0
  let isShown = false
  let isOpenAbove = false
  const hide = () => {
    if (isShown)
      process.stderr.write(CLEAR)
    isShown = false
  }
  const show = () => {
    const text = isOpenAbove ? '' : describe()
    if (!text)
      return hide()
    process.stderr.write(`${NO_WRAP}${CLEAR}${FRAMES[frame++ % FRAMES.length]} ${text}${WRAP}`)
    isShown = true
  }
  const timer = setInterval(show, FRAME_MS).unref()

  return {
    write(text) {
      hide()
      print(text)
      isOpenAbove = !text.endsWith('\n')
    },
    aside(text) {
      hide()
      process.stderr.write(text)
    },
    end() {
      clearInterval(timer)
      hide()
    },
  }
}
