import type { RunEvent } from '@agentos/client'
import type { Server } from '../local-server.ts'
import { pc } from '../print/colour.ts'
import { hrefAt } from '../print/events.ts'
import { createLiveLine } from '../print/live-line.ts'
import { formatNote } from '../print/note.ts'
import { oneLine, plain } from '../print/plain.ts'
import { formatMs } from '../print/time.ts'

export interface AnswerView {
  show: (event: RunEvent) => void
  connection: (isUp: boolean) => void
  /** Something for the person, on a line of its own. */
  say: (text: string) => void
  end: () => void
}

/** Shows a conversation as it happens: words as they come, reasoning dimmed, a line for what is done meanwhile. `said` was typed here. */
export function createAnswerView(server: Server, said: string | null): AnswerView {
  const since = Date.now()
  let doing = 'thinking'
  let isUp = true
  let isLineOpen = false
  let kind: 'text' | 'reasoning' = 'text'
  const live = createLiveLine(() => isUp ? pc.dim(`${doing} · ${formatMs(Date.now() - since)}`) : pc.yellow('the connection is lost; trying again'))

  const closeLine = () => {
    if (isLineOpen)
      live.write('\n')
    isLineOpen = false
  }
  const line = (text: string) => {
    closeLine()
    live.write(`${text}\n`)
  }
  const words = (text: string, of: 'text' | 'reasoning') => {
    if (of !== kind)
      closeLine()
    kind = of
    live.write(of === 'reasoning' ? pc.dim(text) : text)
    isLineOpen = text === '' ? isLineOpen : !text.endsWith('\n')
  }

  return {
    show(event) {
      switch (event.type) {
        case 'run.submitted':
          if (event.data.task !== said)
            line(pc.bold(`› ${plain(event.data.task)}`))
          break
        case 'message.sent':
          if (event.data.text !== said)
            line(pc.bold(`› ${plain(event.data.text)}`))
          break
        case 'model.delta':
          words(plain(event.data.text), event.data.kind)
          break
        case 'model.responded':
          closeLine()
          break
        case 'tool.proposed':
          doing = oneLine(event.data.tool, 60)
          break
        case 'tool.started':
          line(pc.dim(`$ ${oneLine(event.data.command, 200)}`))
          break
        case 'tool.finished':
          doing = 'thinking'
          if (event.data.status !== 'succeeded')
            line(pc.red(`✗ ${oneLine(event.data.tool, 60)}: ${oneLine(event.data.result, 200)}`))
          break
        case 'run.retry_scheduled':
          line(pc.yellow(`↻ ${plain(event.data.detail)}; again in ${formatMs(event.data.delayMs)}`))
          break
        case 'attempt.lost':
          line(pc.yellow(`⚡ ${plain(event.data.detail)}`))
          break
        case 'run.parked':
          // A wait for the next message is what the prompt says.
          if (event.data.for !== 'message')
            note(event)
          doing = 'waits for a person'
          break
        case 'artifact.saved':
        case 'network.denied':
        case 'limit.approached':
        case 'limit.reached':
          note(event)
      }
    },
    connection: up => isUp = up,
    say(text) {
      closeLine()
      live.aside(`${text}\n`)
    },
    end() {
      closeLine()
      live.end()
    },
  }

  function note(event: RunEvent): void {
    const text = formatNote(event, hrefAt(server))
    if (text !== null)
      line(text)
  }
}
