import type { Run, RunEvent } from '@agentos/client'
import type { Server } from './local-server.ts'
import process from 'node:process'
import pc from 'picocolors'
import { END_REASONS, EXIT_CODE_INTERRUPTED } from '../domain/run.ts'
import { createEventPrinter } from './print/events.ts'
import { plain } from './print/plain.ts'

/** Follows a run to its end in this terminal; answers with the exit code. Ctrl-C asks once, then stops the run. */
export async function followInTerminal(server: Server, run: Run, { json }: { json: boolean }): Promise<number> {
  const interrupt = stopOnInterrupt(server, run.id, json)
  const printer = createEventPrinter()
  if (!json)
    printHead(server, run)
  try {
    for await (const event of server.client.runs.follow(run.id)) {
      if (json)
        process.stdout.write(`${JSON.stringify(event.type === 'run.ended' ? withExit(run.id, event, interrupt.stopped) : event)}\n`)
      else
        printer.print(event)
      if (event.type === 'run.ended')
        return exitCodeOf(event, interrupt.stopped)
    }
    return 1
  }
  finally {
    printer.end()
    interrupt.release()
  }
}

type Ended = Extract<RunEvent, { type: 'run.ended' }>

function exitCodeOf(event: Ended, isStoppedHere: boolean): number {
  return isStoppedHere && event.data.reason === 'cancelled' ? EXIT_CODE_INTERRUPTED : END_REASONS[event.data.reason].exitCode
}

function withExit(runId: string, event: Ended, isStoppedHere: boolean): unknown {
  return { ...event, data: { runId, ...event.data, exitCode: exitCodeOf(event, isStoppedHere) } }
}

function printHead(server: Server, run: Run): void {
  const page = server.embedded ? '' : `  ${server.url}/runs/${run.id}`
  process.stdout.write(`${pc.bold(run.agentName)} ${pc.dim(`v${run.agentVersion}  ${run.id}${page}`)}${run.task ? `\n${plain(run.task)}` : ''}\n`)
}

/** How long the question after a first Ctrl-C stands. */
const ASK_MS = 5_000

function stopOnInterrupt(server: Server, runId: string, json: boolean) {
  let askedAt = 0
  let isStopped = false
  const say = (text: string) => {
    if (!json)
      process.stderr.write(`\n${text}\n`)
  }
  const onInterrupt = () => {
    if (isStopped)
      process.exit(EXIT_CODE_INTERRUPTED)
    const isAsked = Date.now() - askedAt < ASK_MS
    askedAt = Date.now()
    if (process.stdin.isTTY && !json && !isAsked)
      return say(pc.yellow('Stop this run? Ctrl-C again stops it; without that it goes on.'))
    isStopped = true
    say(pc.dim('stopping …'))
    server.client.runs.stop(runId).catch((error: Error) => say(pc.red(`could not stop it: ${error.message}`)))
  }
  process.on('SIGINT', onInterrupt)
  process.on('SIGTERM', onInterrupt)
  return {
    get stopped() { return isStopped },
    release: () => {
      process.off('SIGINT', onInterrupt)
      process.off('SIGTERM', onInterrupt)
    },
  }
}
