import process from 'node:process'
import { createInterface } from 'node:readline'

/** Lines that come this close to each other were pasted, and are one message. */
const PASTE_MS = 25
/** How long the hint after Ctrl-C on an empty line stands. */
const AGAIN_MS = 5_000
const PROMPT = '› '

/**
 * Asks for the next message on the terminal; null when the person leaves (Ctrl-D, or Ctrl-C twice). `history`, newest first, is
 * what the arrows go through, and grows. The terminal is given back as it was, so that Ctrl-C is a signal again meanwhile.
 */
export function askMessage(history: string[], hint: (text: string) => void): Promise<string | null> {
  return new Promise((resolve) => {
    const terminal = createInterface({ input: process.stdin, output: process.stdout, terminal: true, history: [...history], historySize: 200, prompt: PROMPT })
    const lines: string[] = []
    let timer: ReturnType<typeof setTimeout> | undefined
    let hintedAt = -Infinity
    let message: string | null = null

    const send = () => {
      message = lines.join('\n')
      terminal.close()
    }
    terminal.on('line', (line) => {
      lines.push(line)
      clearTimeout(timer)
      timer = setTimeout(send, PASTE_MS)
    })
    terminal.on('SIGINT', () => {
      if (terminal.line === '' && performance.now() - hintedAt < AGAIN_MS)
        return terminal.close()
      if (terminal.line === '') {
        hintedAt = performance.now()
        process.stdout.write('\n')
        hint('Ctrl-C again or Ctrl-D leaves; the conversation is kept.')
      }
      // As it is everywhere: what stands in the line is let go.
      terminal.write(null, { ctrl: true, name: 'e' })
      terminal.write(null, { ctrl: true, name: 'u' })
      terminal.prompt()
    })
    terminal.once('close', () => {
      clearTimeout(timer)
      // Ctrl-D right behind a line that was pasted.
      message ??= lines.length > 0 ? lines.join('\n') : null
      if (message === null)
        process.stdout.write('\n')
      else if (message.trim() !== '' && !message.includes('\n'))
        history.unshift(message)
      resolve(message)
    })
    terminal.prompt()
  })
}
