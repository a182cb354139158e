import type { RunEvent } from '@agentos/client'
import type { Server } from '../local-server.ts'
import process from 'node:process'
import { isFinal } from '../../domain/run.ts'
import { CommandError } from '../failure.ts'
import { findRuns } from '../find-run.ts'
import { findOrEmbedServer } from '../local-server.ts'
import { parseCountOption } from '../options.ts'
import { createEventPrinter } from '../print/events.ts'

export async function logs(name: string, options: { lines?: string, follow?: boolean, json?: boolean }): Promise<void> {
  const lines = options.lines === undefined ? null : parseCountOption('--lines', options.lines)
  const server = await findOrEmbedServer()
  try {
    const [run] = await findRuns(server.client, name, 1)
    if (!run)
      throw new CommandError(`agent ${name} has not run yet: agentos run ${name}`)
    const sink = createSink(options.json ?? false, lines)
    let last = 0
    for await (const event of stored(server, run.id)) {
      sink.write(event)
      last = event.seq
    }
    sink.release()
    if (options.follow && !isFinal(run.status)) {
      for await (const event of server.client.runs.follow(run.id, { after: last }))
        sink.write(event)
    }
    sink.end()
  }
  finally {
    await server.client.close()
    await server.embedded?.stop()
  }
}

async function* stored(server: Server, runId: string): AsyncGenerator<RunEvent> {
  for (let after = 0; ;) {
    const page = await server.client.events.list({ runId, after, limit: 1000 })
    yield* page
    const last = page.at(-1)
    if (!last)
      return
    after = last.seq
  }
}

/** Keeps the last `lines` lines until it is released; then, or without a number, lets all through. */
function createSink(json: boolean, lines: number | null) {
  let kept = ''
  let isReleased = lines === null
  const write = (text: string) => {
    if (isReleased)
      return void process.stdout.write(text)
    kept += text
    if (kept.length > 1_000_000)
      kept = lastLines(kept, lines ?? 0)
  }
  const printer = createEventPrinter(write)
  return {
    write: (event: RunEvent) => json ? write(`${JSON.stringify(event)}\n`) : printer.print(event),
    release: () => {
      if (!isReleased)
        process.stdout.write(lastLines(kept, lines ?? 0))
      isReleased = true
    },
    end: () => printer.end(),
  }
}

function lastLines(text: string, lines: number): string {
  const all = text.split('\n')
  const isOpen = all.at(-1) !== ''
  return all.slice(-(lines + (isOpen ? 0 : 1))).join('\n')
}
