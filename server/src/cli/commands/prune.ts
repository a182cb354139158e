import process from 'node:process'
import { createInterface } from 'node:readline/promises'
import { isFinal, parseStatus } from '../../domain/run.ts'
import { CommandError } from '../failure.ts'
import { findOrEmbedServer } from '../local-server.ts'
import { parseDurationOption } from '../options.ts'

export async function prune(options: { force?: boolean, status?: string, olderThan?: string }): Promise<void> {
  const status = options.status === undefined ? undefined : parseStatus(options.status)
  if (options.status !== undefined && (!status || !isFinal(status)))
    throw new CommandError(`--status: expected succeeded, failed or cancelled, but got ${JSON.stringify(options.status)}; runs that have not ended are never pruned`)
  const request = {
    ...(status ? { statuses: [status] } : {}),
    ...(options.olderThan === undefined ? {} : { olderThanMs: parseDurationOption('--older-than', options.olderThan) }),
  }
  if (!options.force)
    await confirm()
  const server = await findOrEmbedServer()
  try {
    const { removed } = await server.client.runs.prune(request)
    process.stdout.write(`${removed.length} ${removed.length === 1 ? 'run' : 'runs'} deleted\n`)
  }
  finally {
    await server.client.close()
    await server.embedded?.stop()
  }
}

async function confirm(): Promise<void> {
  if (!process.stdin.isTTY)
    throw new CommandError('prune deletes runs and their logs for good; with no terminal to ask at, say so with --force')
  const question = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await question.question('Delete ended runs and their logs for good? [y/N] ')
  question.close()
  if (!/^y(?:es)?$/i.test(answer.trim()))
    throw new CommandError('nothing was deleted')
}
