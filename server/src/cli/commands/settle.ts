import type { Run } from '@agentos/client'
import { CommandError } from '../failure.ts'
import { pc } from '../print/colour.ts'
import { shortId } from '../print/id.ts'
import { print } from '../print/out.ts'
import { plain } from '../print/plain.ts'
import { formatStatus } from '../print/status.ts'
import { withServer } from '../with-server.ts'

const OUTCOMES = ['done', 'failed', 'repeat'] as const
type Outcome = (typeof OUTCOMES)[number]

/** What a person says became of it. A run goes on where a server runs; without one it is stored, and goes on with the next one. */
export async function settle(id: string, outcome: string | undefined, options: { note?: string, json?: boolean }): Promise<void> {
  const as = outcome === undefined ? undefined : parseOutcome(outcome)
  await withServer({ embed: 'look' }, async ({ client, kind }) => {
    const before = await client.runs.get(id)
    const run = as === undefined ? before : await client.runs.settle(id, as, options.note === undefined ? {} : { note: options.note })
    if (options.json)
      print(`${JSON.stringify(run)}\n`)
    else if (as === undefined)
      print(question(run))
    else
      print(`settled as ${as}: run ${shortId(run.id)} is ${formatStatus(run.status)}${kind === 'embedded' && run.status === 'queued' ? '; it goes on when a server runs: agentos serve' : ''}\n`)
  })
}

function parseOutcome(word: string): Outcome {
  const outcome = OUTCOMES.find(one => one === word)
  if (!outcome)
    throw new CommandError(`expected done, failed or repeat, but got ${JSON.stringify(word)}`)
  return outcome
}

function question({ id, status, waitingFor }: Run): string {
  if (waitingFor?.kind === 'approval')
    throw new CommandError(`run ${shortId(id)} waits for leave, not for a settlement: agentos approve ${shortId(id)}`)
  if (waitingFor?.kind !== 'settlement')
    throw new CommandError(`run ${shortId(id)} is ${status} and waits for no settlement`)
  const { name, command, startedAt } = waitingFor
  return [
    `Nobody knows how ${pc.bold(plain(name))} ended. It was begun at ${startedAt}:`,
    ...plain(command).split('\n').map(line => `  ${pc.dim('$')} ${line}`),
    `What happened?  agentos settle ${shortId(id)} done     it was done: the run goes on`,
    `                agentos settle ${shortId(id)} failed   it was not done, or failed`,
    `                agentos settle ${shortId(id)} repeat   do it again`,
    '',
  ].join('\n')
}
