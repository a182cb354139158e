import type { AgentOS, Schedule } from '@agentos/client'
import type { Server } from '../local-server.ts'
import process from 'node:process'
import { CATCH_UPS, OVERLAPS } from '../../domain/schedule.ts'
import { CommandError } from '../failure.ts'
import { findAgent } from '../find-agent.ts'
import { parseDurationOption, parseInputs } from '../options.ts'
import { pc } from '../print/colour.ts'
import { jsonLine } from '../print/json-line.ts'
import { print } from '../print/out.ts'
import { formatSchedules, formatWhen } from '../print/schedule.ts'
import { withServer } from '../with-server.ts'

export interface ScheduleOptions {
  cron?: string
  every?: string
  at?: string
  timezone?: string
  overlap?: string
  catchUp?: string
  catchUpWindow?: string
  task?: string
  input?: string[]
  json?: boolean
}

type Words = Omit<Parameters<AgentOS['schedules']['create']>[0], 'agent'>

/** `agentos schedule`: lists them; with an agent and a time it makes one; with an agent alone its manifest's own counts. */
export async function schedule(name: string | undefined, options: ScheduleOptions): Promise<void> {
  const words = readWords(options)
  const isTimed = words.cron !== undefined || words.everyMs !== undefined || words.at !== undefined
  if (name === undefined && Object.keys(words).length > 0)
    throw new CommandError('expected an agent\'s name or a manifest file to schedule, but got options alone')
  if (name !== undefined && !isTimed && Object.keys(words).length > 0)
    throw new CommandError('expected when it is to run, but got nothing: add --cron, --every or --at')
  await withServer({ embed: 'look' }, async (server) => {
    const { client } = server
    const schedules = name === undefined ? await client.schedules.list() : isTimed ? [await make(client, name, words)] : await takeOwn(client, name)
    if (options.json)
      print(schedules.map(jsonLine).join(''))
    else if (name !== undefined)
      print(schedules.map(one => `${one.agentName} is scheduled ${formatWhen(one)}\n`).join('') + formatSchedules(schedules))
    else
      print(schedules.length > 0 ? formatSchedules(schedules) : `no schedules yet${pc.dim('   agentos schedule AGENT --cron "0 9 * * *" makes one')}\n`)
    sayWhoTicks(server, schedules)
  })
}

function readWords(options: ScheduleOptions): Words {
  const timed = [options.cron, options.every, options.at].filter(given => given !== undefined)
  if (timed.length > 1)
    throw new CommandError('expected one of --cron, --every and --at, but got more')
  return {
    ...(options.cron === undefined ? {} : { cron: options.cron }),
    ...(options.every === undefined ? {} : { everyMs: parseDurationOption('--every', options.every, 365) }),
    ...(options.at === undefined ? {} : { at: options.at }),
    ...(options.timezone === undefined ? {} : { timezone: options.timezone }),
    ...(options.overlap === undefined ? {} : { overlap: oneOf('--overlap', OVERLAPS, options.overlap) }),
    ...(options.catchUp === undefined ? {} : { catchUp: oneOf('--catch-up', CATCH_UPS, options.catchUp) }),
    ...(options.catchUpWindow === undefined ? {} : { catchUpWindowMs: parseDurationOption('--catch-up-window', options.catchUpWindow, 365) }),
    ...(options.task === undefined ? {} : { task: options.task }),
    ...(options.input === undefined ? {} : { inputs: parseInputs(options.input) }),
  }
}

function oneOf<const T extends string>(option: string, known: readonly T[], given: string): T {
  const word = known.find(one => one === given)
  if (word === undefined)
    throw new CommandError(`${option}: expected ${known.slice(0, -1).join(', ')} or ${known.at(-1)}, but got ${JSON.stringify(given)}`)
  return word
}

async function make(client: AgentOS, name: string, words: Words): Promise<Schedule> {
  return client.schedules.create({ agent: await nameOf(client, name), ...words })
}

/** A manifest is stored, and its schedule with it; one that was paused goes on. */
async function takeOwn(client: AgentOS, name: string): Promise<Schedule[]> {
  const agent = await nameOf(client, name)
  const own = (await client.schedules.list(agent)).filter(one => one.source === 'manifest')
  if (own.length === 0)
    throw new CommandError(`the manifest of ${agent} has no schedule: of its own: add one, or say when with --cron, --every or --at`)
  return Promise.all(own.map(one => one.pausedAt === null ? one : client.schedules.resume(one.id)))
}

async function nameOf(client: AgentOS, name: string): Promise<string> {
  const found = await findAgent(client, name)
  return found.agent ?? (await client.agents.save(found.manifest!)).agent.name // it finds one of the two
}

function sayWhoTicks({ kind }: Server, schedules: Schedule[]): void {
  if (kind === 'embedded' && schedules.some(one => one.nextTickAt !== null))
    process.stderr.write(pc.yellow('no server runs here, and without one nothing is started: agentos serve\n'))
}
