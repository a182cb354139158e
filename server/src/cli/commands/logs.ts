import type { RunEvent } from '@agentos/client'
import type { Place } from '../follow-run.ts'
import type { Server } from '../local-server.ts'
import process from 'node:process'
import { CommandError } from '../failure.ts'
import { findTarget } from '../find-target.ts'
import { followRun } from '../follow-run.ts'
import { parseCountOption } from '../options.ts'
import { pc } from '../print/colour.ts'
import { createEventPrinter } from '../print/events.ts'
import { print } from '../print/out.ts'
import { withServer } from '../with-server.ts'

export async function logs(name: string, options: { lines?: string, follow?: boolean, json?: boolean }): Promise<void> {
  const lines = options.lines === undefined ? null : parseCountOption('--lines', options.lines)
  await withServer({ embed: 'look' }, async (server) => {
    const run = await findRun(server, name)
    const sink = createSink(options.json ?? false, lines)
    let last = 0
    for await (const event of stored(server, run.id)) {
      sink.write(event)
      last = event.seq
    }
    sink.release()
    if (options.follow)
      await followOn(server, run.id, last, sink.write)
    sink.end()
  })
}

async function findRun({ client }: Server, name: string): Promise<{ id: string }> {
  const target = await findTarget(client, name)
  if ('run' in target)
    return target.run
  const [newest] = (await client.runs.list({ agent: target.agent, limit: 1 })).runs
  if (!newest)
    throw new CommandError(`agent ${target.agent} has not run yet: agentos run ${target.agent}`)
  return newest
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

async function followOn(server: Server, runId: string, after: number, write: (event: RunEvent) => void): Promise<void> {
  const { endedAt } = await server.client.runs.get(runId)
  if (server.kind === 'embedded' && endedAt === null)
    return void process.stderr.write(pc.yellow('no server runs, so this run does not go on: agentos serve\n'))
  const place: Place = { server }
  const never = new AbortController()
  const onConnection = (isUp: boolean) =>
    void process.stderr.write(pc.dim(isUp ? 'the connection is there again\n' : 'the connection is lost; trying again\n'))
  for await (const event of followRun(place, runId, { after, signal: never.signal, onConnection }))
    write(event)
  if (place.server !== server)
    await place.server.close()
}

/** Keeps the last `lines` lines until it is released; then, or without a number, lets all through. */
function createSink(json: boolean, lines: number | null) {
  let kept = ''
  let isReleased = lines === null
  const write = (text: string) => {
    if (isReleased)
      return print(text)
    kept += text
    if (kept.length > 1_000_000)
      kept = lastLines(kept, lines ?? 0)
  }
  const printer = createEventPrinter(write)
  return {
    write: (event: RunEvent) => json ? write(`${JSON.stringify(event)}\n`) : printer.print(event),
    release: () => {
      if (!isReleased)
        print(lastLines(kept, lines ?? 0))
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
