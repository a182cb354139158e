import type { Run, RunEvent } from '@agentos/client'
import type { Place } from './follow-run.ts'
import type { Server } from './local-server.ts'
import process from 'node:process'
import { END_REASONS, EXIT_CODE_INTERRUPTED } from '../domain/run.ts'
import { followRun } from './follow-run.ts'
import { exitCodeOf, onLeave } from './leave.ts'
import { pc } from './print/colour.ts'
import { createEventPrinter, hrefAt } from './print/events.ts'
import { shortId } from './print/id.ts'
import { jsonLine } from './print/json-line.ts'
import { createLiveLine } from './print/live-line.ts'
import { print } from './print/out.ts'
import { plain } from './print/plain.ts'
import { createProgress } from './print/progress.ts'
import { createStop } from './stop-run.ts'

/** Follows a run to its end in this terminal; answers with the exit code. Ctrl-C asks once, then stops the run. */
export async function followInTerminal(server: Server, run: Run, { json }: { json: boolean }): Promise<number> {
  const place: Place = { server }
  const view = json ? createJsonView(run) : createTerminalView(server, run)
  const stop = createStop({ place, runId: run.id, mayAsk: !json, say: view.say })
  const release = onLeave(stop.leave)
  try {
    for await (const event of followRun(place, run.id, { signal: stop.left, onConnection: view.connection })) {
      if (event.type !== 'run.ended') {
        view.show(event)
        continue
      }
      const code = exitCodeOfRun(event, stop.isInterrupted())
      view.end(event, code)
      return code
    }
    // Nobody is there any more, and the run goes on at its server.
    return exitCodeOf('gone')
  }
  finally {
    release()
    view.close()
    if (place.server !== server)
      await place.server.close()
  }
}

type Ended = Extract<RunEvent, { type: 'run.ended' }>

function exitCodeOfRun({ data }: Ended, isInterrupted: boolean): number {
  return isInterrupted && data.reason === 'cancelled' ? EXIT_CODE_INTERRUPTED : END_REASONS[data.reason].exitCode
}

interface View {
  show: (event: RunEvent) => void
  end: (event: Ended, exitCode: number) => void
  connection: (isUp: boolean) => void
  /** Something for the person, beside what the run says. */
  say: (text: string) => void
  close: () => void
}

function createJsonView(run: Run): View {
  return {
    show: event => print(jsonLine(event)),
    end: (event, exitCode) => print(jsonLine({ ...event, data: { runId: run.id, ...event.data, exitCode } })),
    connection: () => {},
    say: () => {},
    close: () => {},
  }
}

function createTerminalView(server: Server, run: Run): View {
  const progress = createProgress(run)
  let isUp = true
  const line = createLiveLine(() => isUp ? progress.line() : pc.yellow('the connection is lost; trying again'))
  const printer = createEventPrinter({ write: line.write, runId: run.id, hrefOf: hrefAt(server) })
  const say = (text: string) => {
    printer.end()
    line.aside(`${text}\n`)
  }
  const show = (event: RunEvent) => {
    progress.see(event)
    printer.print(event)
  }
  line.write(headOf(server, run))
  return {
    show,
    end: show,
    connection(up) {
      isUp = up
      if (!process.stderr.isTTY)
        say(up ? 'the connection is there again' : 'the connection is lost; trying again')
    },
    say,
    close() {
      printer.end()
      line.end()
    },
  }
}

function headOf(server: Server, run: Run): string {
  const page = server.kind === 'embedded' ? '' : `  ${server.url}/runs/${run.id}`
  return `${pc.bold(run.agentName)} ${pc.dim(`v${run.agentVersion}  ${shortId(run.id)}${page}`)}\n${run.task ? `${plain(run.task)}\n` : ''}`
}
