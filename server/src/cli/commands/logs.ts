import type { Run, RunEvent } from '@agentos/client'
import type { Place } from '../follow-run.ts'
import type { Server } from '../local-server.ts'
import process from 'node:process'
import { CommandError } from '../failure.ts'
import { findTarget } from '../find-target.ts'
import { followRun } from '../follow-run.ts'
import { parseCountOption } from '../options.ts'
import { pc } from '../print/colour.ts'
import { createEventPrinter, hrefAt } from '../print/events.ts'
import { jsonLine } from '../print/json-line.ts'
import { print } from '../print/out.ts'
import { withServer } from '../with-server.ts'

export async function logs(name: string, options: { lines?: string, follow?: boolean, json?: boolean }): Promise<void> {
  const lines = options.lines === undefined ? null : parseCountOption('--lines', options.lines)
  await withServer({ embed: 'look' }, async (server) => {
    const run = await findRun(server, name)
    const sink = createSink({ json: options.json ?? false, lines, runId: run.id, hrefOf: hrefAt(server) })
    const isLive = run.endedAt === null
    for await (const event of options.follow && isLive && server.kind !== 'embedded' ? live(server, run) : stored(server, run)) {
      sink.write(event)
      // What comes after what was there when it was asked for is all shown.
      if (options.follow && event.seq >= run.lastSeq)
        sink.release()
    }
    sink.end()
    if (options.follow && isLive && server.kind === 'embedded')
      process.stderr.write(pc.yellow('no server runs, so this run does not go on: agentos serve\n'))
  })
}

async function findRun({ client }: Server, name: string): Promise<Run> {
  const target = await findTarget(client, name)
  if ('run' in target)
    return target.run
  const [newest] = (await client.runs.list({ agent: target.agent, limit: 1 })).runs
  if (!newest)
    throw new CommandError(`agent ${target.agent} has not run yet: agentos run ${target.agent}`)
  return newest
}

async function* stored({ client }: Server, { id, lastSeq }: Run): AsyncGenerator<RunEvent> {
  for (let after = 0; after < lastSeq;) {
    const page = await client.events.list({ runId: id, after, limit: 1000 })
    yield* page
    after = page.at(-1)?.seq ?? lastSeq
  }
}

async function* live(server: Server, { id }: Run): AsyncGenerator<RunEvent> {
  const place: Place = { server }
  const never = new AbortController()
  const onConnection = (isUp: boolean) =>
    void process.stderr.write(pc.dim(isUp ? 'the connection is there again\n' : 'the connection is lost; trying again\n'))
  yield* followRun(place, id, { signal: never.signal, onConnection })
  await place.server.close()
}

/** Keeps the last `lines` lines until it is released; then, or without a number, lets all through. */
function createSink({ json, lines, ...where }: { json: boolean, lines: number | null, runId: string, hrefOf: (path: string) => string }) {
  let kept = ''
  let isReleased = lines === null
  const write = (text: string) => {
    if (isReleased)
      return print(text)
    kept += text
    if (kept.length > 1_000_000)
      kept = lastLines(kept, lines ?? 0)
  }
  const release = () => {
    if (!isReleased)
      print(lastLines(kept, lines ?? 0))
    isReleased = true
  }
  const printer = createEventPrinter({ write, ...where })
  return {
    write: (event: RunEvent) => json ? write(jsonLine(event)) : printer.print(event),
    release,
    end: () => {
      release()
      printer.end()
    },
  }
}

function lastLines(text: string, lines: number): string {
  const all = text.split('\n')
  const isOpen = all.at(-1) !== ''
  return all.slice(-(lines + (isOpen ? 0 : 1))).join('\n')
}
