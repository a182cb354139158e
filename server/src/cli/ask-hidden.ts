import process from 'node:process'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

/** Asks on the terminal and shows nothing of what is typed or pasted; null when the person gives up (Ctrl-C, Ctrl-D). */
export async function askHidden(question: string): Promise<string | null> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 })
  // Only now is nothing shown that is typed.
  process.stderr.write(question)
  const over = new AbortController()
  terminal.once('SIGINT', () => over.abort()).once('close', () => over.abort())
  const answer = await terminal.question('', { signal: over.signal }).catch(() => null)
  terminal.close()
  process.stderr.write('\n')
  return answer
}
