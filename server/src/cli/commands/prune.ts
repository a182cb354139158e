import process from 'node:process'
import { createInterface } from 'node:readline/promises'
import { isFinal, parseStatus } from '../../domain/run.ts'
import { CommandError } from '../failure.ts'
import { parseCountOption, parseDurationOption } from '../options.ts'
import { print } from '../print/out.ts'
import { withServer } from '../with-server.ts'

export async function prune(options: { force?: boolean, status?: string, olderThan?: string, keep?: string }): Promise<void> {
  const status = options.status === undefined ? undefined : parseStatus(options.status)
  if (options.status !== undefined && (!status || !isFinal(status)))
    throw new CommandError(`--status: expected succeeded, failed or cancelled, but got ${JSON.stringify(options.status)}; runs that have not ended are never pruned`)
  const request = {
    ...(status ? { statuses: [status] } : {}),
    ...(options.olderThan === undefined ? {} : { olderThanMs: parseDurationOption('--older-than', options.olderThan, 365) }),
    ...(options.keep === undefined ? {} : { keep: parseCountOption('--keep', options.keep) }),
  }
  if (!options.force)
    await confirm(`Delete ${status ?? 'ended'} runs${options.olderThan ? ` older than ${options.olderThan}` : ''}${options.keep ? ` but the newest ${options.keep} of each agent` : ''} and their logs for good? [y/N] `)
  await withServer({ embed: 'look' }, async ({ client }) => {
    const { removed, held } = await client.runs.prune(request)
    print(`${removed.length} ${removed.length === 1 ? 'run' : 'runs'} deleted${held > 0 ? `; ${held} held ${held === 1 ? 'run stays' : 'runs stay'}` : ''}\n`)
  })
}

async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY)
    throw new CommandError('prune deletes runs and their logs for good; with no terminal to ask at, say so with --force')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const over = new AbortController()
  // Ctrl-C and Ctrl-D are a no.
  terminal.once('SIGINT', () => over.abort()).once('close', () => over.abort())
  const answer = await terminal.question(question, { signal: over.signal }).catch(() => null)
  terminal.close()
  if (answer === null)
    process.stderr.write('\n')
  if (!/^y(?:es)?$/i.test(answer?.trim() ?? ''))
    throw new CommandError('nothing was deleted')
}
