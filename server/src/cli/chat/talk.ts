import type { Run } from '@agentos/client'
import type { Place } from '../follow-run.ts'
import type { Server } from '../local-server.ts'
import type { Partner } from './partner.ts'
import process from 'node:process'
import { AgentOSError } from '@agentos/client'
import { EXIT_CODE_INTERRUPTED } from '../../domain/run.ts'
import { onLeave } from '../leave.ts'
import { findServer } from '../local-server.ts'
import { pc } from '../print/colour.ts'
import { shortId } from '../print/id.ts'
import { print } from '../print/out.ts'
import { plain } from '../print/plain.ts'
import { createStop } from '../stop-run.ts'
import { createAnswerView } from './answer-view.ts'
import { askMessage } from './ask-message.ts'
import { followAnswer } from './follow-answer.ts'
import { startChat } from './partner.ts'

const HELP = `/exit   leave; the conversation is kept (Ctrl-D too)
/end    end the conversation
/help   this list
Ctrl-C while it answers asks, and then stops it. Lines that are pasted together are one message.
`
const STOP_QUESTION = 'Stop it? Ctrl-C again does, and ends the conversation; without that it goes on.'

/** `isGone`: whoever talked has gone in the middle of an answer. */
export interface TalkEnd { code: number, chat: string | null, isGone: boolean }

interface Talk {
  place: Place
  chat: Run | null
  /** The seq of the last event that was shown. */
  seen: number
  isGone: boolean
}

/** A conversation on the terminal, message by message; answers with the exit code. */
export async function talk(server: Server, { standing, partner }: { standing: Run | null, partner: Partner | null }): Promise<TalkEnd> {
  const talk: Talk = { place: { server }, chat: standing, seen: 0, isGone: false }
  const history: string[] = []
  print(`${pc.bold(plain(standing?.agentName ?? partner!.name))} ${pc.dim(`${standing ? `${shortId(standing.id)}  ` : ''}/help says what can be done`)}\n`)
  try {
    if (standing) {
      const code = await answer(talk, null, standing.status === 'waiting' && standing.waitingFor?.kind === 'message' ? standing.lastSeq : standing.lastSeq + 1)
      if (code !== null)
        return over(talk, code)
    }
    while (true) {
      const text = await askMessage(history, hint)
      const code = text === null ? leave(talk) : await take(talk, partner, text)
      if (code !== null)
        return over(talk, code)
    }
  }
  finally {
    if (talk.place.server !== server)
      await talk.place.server.close()
  }
}

/** What was typed; answers with the exit code when the conversation is over. A message that is refused stays in the history. */
async function take(talk: Talk, partner: Partner | null, text: string): Promise<number | null> {
  const words = text.trim()
  if (words === '')
    return null
  try {
    // A path is a message: only a word by itself is a command.
    if (/^\/[a-z]+$/.test(words))
      return await command(talk, words)
    const { client } = talk.place.server
    talk.chat = talk.chat ? await client.chats.say(talk.chat.id, text) : await startChat(client, partner!, text) // a new one has a partner
  }
  catch (error) {
    if (!(error instanceof AgentOSError))
      throw error
    if (error.code === 'UNREACHABLE')
      await lookForServer(talk.place)
    process.stderr.write(`${pc.red('error')} ${error.message}\n${pc.dim('it was not sent; arrow up brings it back')}\n`)
    return null
  }
  return answer(talk, text, talk.seen + 1)
}

/** Shows what comes until the next message may be said; null then, else the exit code. */
async function answer(talk: Talk, said: string | null, until: number): Promise<number | null> {
  const chat = talk.chat! // who asks for an answer has one
  const view = createAnswerView(talk.place.server, said)
  const stop = createStop({ place: talk.place, runId: chat.id, mayAsk: true, question: STOP_QUESTION, say: view.say })
  const left = new AbortController()
  // Who only leaves keeps the conversation: an embedded server hands it on to the next one.
  const release = onLeave(why => why === 'interrupt' ? stop.leave(why) : left.abort(why))
  try {
    const { show, connection: onConnection } = view
    const end = await followAnswer(talk.place, chat.id, { after: talk.seen, until, waitsForOthers: true, signal: left.signal, show, onConnection })
    talk.seen = end.seq
    if (end.failure !== null && !stop.isInterrupted())
      view.say(`${pc.red('no answer:')} ${plain(end.failure)}`)
    talk.isGone = end.by === 'left'
    if (end.by === 'message')
      return null
    if (end.by === 'left')
      return left.signal.reason === 'terminate' ? EXIT_CODE_INTERRUPTED : 0
    view.say(pc.dim(`the conversation is over: agentos chat --export ${shortId(chat.id)} prints it`))
    return stop.isInterrupted() ? EXIT_CODE_INTERRUPTED : end.failure === null ? 0 : 1
  }
  finally {
    release()
    view.end()
  }
}

async function command(talk: Talk, word: string): Promise<number | null> {
  switch (word) {
    case '/exit': return leave(talk)
    case '/end': return end(talk)
    case '/help':
      hint(HELP.trimEnd())
      return null
    default:
      hint(`there is no ${word}: /help lists what there is`)
      return null
  }
}

async function end({ place, chat }: Talk): Promise<number> {
  if (chat) {
    await place.server.client.chats.end(chat.id)
    hint(`ended: agentos chat --export ${shortId(chat.id)} prints it`)
  }
  return 0
}

function leave({ chat }: Talk): number {
  if (chat)
    hint(`kept: agentos chat --resume ${shortId(chat.id)} goes on`)
  return 0
}

function over({ chat, isGone }: Talk, code: number): TalkEnd {
  return { code, chat: chat?.id ?? null, isGone }
}

/** It may have been started again, at another address. */
async function lookForServer(place: Place): Promise<void> {
  const found = await findServer().catch(() => null)
  if (found) {
    await place.server.close()
    place.server = found
  }
}

function hint(text: string): void {
  print(`${pc.dim(text)}\n`)
}
