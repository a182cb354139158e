import type { Run, RunEvent } from '@agentos/client'
import type { Place } from '../follow-run.ts'
import type { Server } from '../local-server.ts'
import type { Partner } from './partner.ts'
import type { TalkEnd } from './talk.ts'
import process from 'node:process'
import { EXIT_CODE_INTERRUPTED } from '../../domain/run.ts'
import { CommandError } from '../failure.ts'
import { exitCodeOf, onLeave } from '../leave.ts'
import { pc } from '../print/colour.ts'
import { shortId } from '../print/id.ts'
import { jsonLine } from '../print/json-line.ts'
import { print } from '../print/out.ts'
import { plain } from '../print/plain.ts'
import { createStop } from '../stop-run.ts'
import { followAnswer } from './follow-answer.ts'
import { startChat } from './partner.ts'

/** The server takes no longer message. */
const MOST_CHARACTERS = 100_000

export interface PipeOptions { standing: Run | null, partner: Partner | null, json: boolean }

/** Standard input to its end is one message; its answer goes to standard output as it comes. 0 when there is one, else 1. */
export async function answerPipe(server: Server, { standing, partner, json }: PipeOptions): Promise<TalkEnd> {
  const text = await readMessage()
  const { client } = server
  const chat = standing ? await client.chats.say(standing.id, text) : await startChat(client, partner!, text) // one of the two is there
  const place: Place = { server }
  const say = (line: string) => void process.stderr.write(`${line}\n`)
  const stop = createStop({ place, runId: chat.id, mayAsk: false, say: json ? () => {} : say })
  const release = onLeave(stop.leave)
  const writer = json ? { show: (event: RunEvent) => print(jsonLine(event)), end: () => {} } : createTextWriter()
  try {
    const answer = await followAnswer(place, chat.id, {
      after: standing?.lastSeq ?? 0,
      until: 0,
      waitsForOthers: false,
      signal: stop.left,
      show: writer.show,
      onConnection: isUp => say(isUp ? 'the connection is there again' : 'the connection is lost; trying again'),
    })
    writer.end()
    if (answer.by === 'left')
      return { code: exitCodeOf('gone'), chat: chat.id, isGone: true }
    if (answer.failure !== null)
      say(`${pc.red('error')} ${answer.by === 'person' ? 'it waits for a person: ' : ''}${plain(answer.failure)}`)
    if (answer.by !== 'ended' && !json)
      say(pc.dim(`agentos chat --resume ${shortId(chat.id)} goes on`))
    return { code: stop.isInterrupted() ? EXIT_CODE_INTERRUPTED : answer.failure === null ? 0 : 1, chat: chat.id, isGone: false }
  }
  finally {
    release()
    if (place.server !== server)
      await place.server.close()
  }
}

async function readMessage(): Promise<string> {
  let text = ''
  for await (const piece of process.stdin.setEncoding('utf8')) {
    text += piece as string // it has an encoding
    if (text.length > MOST_CHARACTERS)
      throw new CommandError(`expected a message of at most ${MOST_CHARACTERS} characters on standard input, but got more`)
  }
  if (text.trim() === '')
    throw new CommandError('expected a message on standard input, but got nothing: echo "..." | agentos chat ...')
  return text.trimEnd()
}

/** The words of the answer alone: what it thinks and does meanwhile is in its run. */
function createTextWriter(): { show: (event: RunEvent) => void, end: () => void } {
  let isLineOpen = false
  const end = () => {
    if (isLineOpen)
      print('\n')
    isLineOpen = false
  }
  return {
    show(event) {
      if (event.type === 'model.responded')
        end()
      if (event.type !== 'model.delta' || event.data.kind !== 'text' || event.data.text === '')
        return
      const text = plain(event.data.text)
      print(text)
      isLineOpen = !text.endsWith('\n')
    },
    end,
  }
}
