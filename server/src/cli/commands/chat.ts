import process from 'node:process'
import { TRANSCRIPT_FORMATS } from '../../domain/transcript.ts'
import { answerPipe } from '../chat/answer-pipe.ts'
import { listChats } from '../chat/list-chats.ts'
import { findPartner, findStanding } from '../chat/partner.ts'
import { talk } from '../chat/talk.ts'
import { CommandError } from '../failure.ts'
import { finishOthers } from '../finish-others.ts'
import { print } from '../print/out.ts'
import { plain } from '../print/plain.ts'
import { withServer } from '../with-server.ts'

export interface ChatOptions {
  provider?: string
  model?: string
  system?: string
  temperature?: string
  unmetered?: boolean
  mcp?: string[]
  resume?: string
  list?: boolean
  export?: string
  format?: string
  json?: boolean
}

/** `agentos chat`: on a terminal message by message, in a pipe one message to the end of standard input and its answer. */
export async function chat(agent: string | undefined, options: ChatOptions): Promise<void> {
  checkTogether(agent, options)
  if (options.list)
    return withServer({ embed: 'look' }, ({ client }) => listChats(client, { json: options.json ?? false }))
  if (options.export !== undefined)
    return exportChat(options.export, formatOf(options.format))
  const isTalk = process.stdin.isTTY === true && process.stdout.isTTY === true && !options.json
  await withServer({ embed: 'run' }, async (server) => {
    const standing = options.resume === undefined ? null : await findStanding(server.client, options.resume)
    const partner = standing === null ? await findPartner(server.client, agent, options) : null
    const outcome = isTalk ? await talk(server, { standing, partner }) : await answerPipe(server, { standing, partner, json: options.json ?? false })
    process.exitCode = outcome.code
    if (server.kind === 'embedded' && !outcome.isGone)
      await finishOthers(server, outcome.chat, { quiet: !process.stderr.isTTY })
  })
}

async function exportChat(chat: string, format: (typeof TRANSCRIPT_FORMATS)[number]): Promise<void> {
  await withServer({ embed: 'look' }, async ({ client }) => {
    const { text } = await client.chats.export(chat, format)
    // JSON escapes what a terminal would act on by itself, and has to stay as it is.
    print(format === 'json' ? text : plain(text))
  })
}

/** What says nothing together is refused, rather than ignored. */
function checkTogether(agent: string | undefined, options: ChatOptions): void {
  const { list, export: exported, resume, format } = options
  const doing = [...list ? ['--list'] : [], ...exported === undefined ? [] : ['--export'], ...resume === undefined ? [] : ['--resume']]
  const words = { 'an agent': agent, '--provider': options.provider, '--model': options.model, '--system': options.system, '--temperature': options.temperature, '--unmetered': options.unmetered, '--mcp': options.mcp }
  const starting = Object.entries(words).flatMap(([word, given]) => given === undefined ? [] : [word])
  if (doing.length > 1)
    throw new CommandError(`expected one of ${doing.join(' and ')}, but got both`)
  if (doing.length === 1 && starting.length > 0)
    throw new CommandError(`${doing[0]} goes with conversations that are there already: leave ${starting.join(', ')} out`)
  if (format !== undefined && exported === undefined)
    throw new CommandError('--format goes with --export')
  if (options.json && exported !== undefined)
    throw new CommandError('--export has formats of its own: --format json')
  if (agent !== undefined && starting.length > 1)
    throw new CommandError(`an agent has the model and the words of its manifest: leave ${starting.slice(1).join(', ')} out, or the agent`)
}

function formatOf(given = 'md'): (typeof TRANSCRIPT_FORMATS)[number] {
  const format = TRANSCRIPT_FORMATS.find(one => one === given)
  if (!format)
    throw new CommandError(`--format: expected md, txt or json, but got ${JSON.stringify(given)}`)
  return format
}
