import type { Command } from 'commander'
import type { Shell } from '../completion/scripts.ts'
import { COMPLETION_SCRIPTS } from '../completion/scripts.ts'
import { CommandError } from '../failure.ts'
import { print } from '../print/out.ts'
import { oneLine } from '../print/plain.ts'

const ABOUT_WIDTH = 60

/** `agentos completion bash`: what a shell is to be told. */
export function completion(shell: string): void {
  if (!Object.hasOwn(COMPLETION_SCRIPTS, shell))
    throw new CommandError(`expected one of ${Object.keys(COMPLETION_SCRIPTS).join(', ')}, but got ${JSON.stringify(shell)}`)
  print(COMPLETION_SCRIPTS[shell as Shell])
}

/** What those scripts ask at each key press. It never says that something failed: the person is in the middle of a line. */
export async function completeWords(program: Command, words: string[]): Promise<void> {
  const { complete } = await import('../completion/complete.ts')
  const { askData } = await import('../completion/ask-data.ts')
  const { candidates, beside } = await complete(program, words, askData)
  const lines = candidates.map(({ word, about }) => `${word}\t${oneLine(about, ABOUT_WIDTH)}\n`)
  // What was asked may still be under way; nobody waits for it.
  process.stdout.write(`${lines.join('')}${beside ? `:${beside}\n` : ''}`, () => process.exit(0))
}
