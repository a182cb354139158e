import type { AgentOS, Schedule } from '@agentos/client'
import { CommandError } from '../failure.ts'
import { jsonLine } from '../print/json-line.ts'
import { print } from '../print/out.ts'
import { oneLine } from '../print/plain.ts'
import { formatWhen } from '../print/schedule.ts'
import { withServer } from '../with-server.ts'

/** `agentos unschedule`: removes what people made; what comes with a manifest would come back, and is paused instead. */
export async function unschedule(name: string | undefined, options: { all?: boolean, json?: boolean }): Promise<void> {
  if ((name === undefined) === !options.all)
    throw new CommandError(`expected the beginning of a schedule's id, an agent's name, or --all, but got ${name === undefined ? 'nothing' : 'both'}; \`agentos schedule\` lists them`)
  await withServer({ embed: 'look' }, async ({ client }) => {
    const all = await client.schedules.list()
    const chosen = name === undefined ? all : choose(all, name)
    if (chosen.length === 0 && !options.json)
      print('no schedules\n')
    for (const one of chosen)
      print(options.json ? jsonLine({ id: one.id, agentName: one.agentName, done: await end(client, one) }) : said(one, await end(client, one)))
  })
}

function choose(all: Schedule[], name: string): Schedule[] {
  const named = all.filter(one => one.agentName === name)
  const matches = named.length > 0 ? named : all.filter(one => one.id.startsWith(name))
  if (matches.length === 0)
    throw new CommandError(`no schedule's id begins with ${JSON.stringify(name)} and no agent of that name has one; \`agentos schedule\` lists them`, 127)
  if (named.length === 0 && matches.length > 1)
    throw new CommandError(`${JSON.stringify(name)} may mean more than one schedule: ${matches.map(one => one.id).join(', ')}`)
  return matches
}

async function end(client: AgentOS, { id, source }: Schedule): Promise<'removed' | 'paused'> {
  if (source === 'person') {
    await client.schedules.remove(id)
    return 'removed'
  }
  await client.schedules.pause(id)
  return 'paused'
}

function said(one: Schedule, done: 'removed' | 'paused'): string {
  const what = `${oneLine(one.agentName, 60)}, ${formatWhen(one)}`
  return done === 'removed'
    ? `removed: ${what}\n`
    : `paused: ${what}; it comes with its manifest and would come back: take schedule: out of that to be rid of it, \`agentos schedule ${oneLine(one.agentName, 60)}\` lets it go on\n`
}
