import type { AgentOS } from '../../../client/src/index.ts'
import type { RunEvent } from '../../src/domain/event.ts'
import type { Acknowledgement, SeenLog } from '../checker/clients.ts'
import type { AgentName } from './agents.ts'
import type { Ground } from './ground.ts'
import type { Random } from './random.ts'
import { setTimeout as pause } from 'node:timers/promises'
import { AgentOSError, createAgentOS } from '../../../client/src/index.ts'
import { AGENTS } from './agents.ts'

export interface LoadOptions {
  servers: { url: string, credential: string }[]
  /** Submitters, each with one run at a time. */
  lanes: number
  agents?: AgentName[]
  /** How many of its runs a submitter follows with two clients, stops, or leaves alone. */
  shares?: { doubled: number, stopped: number, unwatched: number }
  /** No more than so many runs. */
  most?: number
}

/** With the moment in which each event came. */
export type TimedLog = SeenLog & { arrivals: number[] }

/** People and programs that submit, follow and stop runs through the real client, whatever happens to the server. */
export interface Load {
  acknowledged: Acknowledgement[]
  seen: TimedLog[]
  runs: () => number
  /** So many submitters have nothing more to do. */
  finished: Promise<void>
  /** Submits no more; resolves when every follower has seen the end of its run, or has waited for so long. */
  settle: (waitMs?: number) => Promise<void>
}

const SHARES = { doubled: 0.2, stopped: 0.1, unwatched: 0 }
const SETTLE_MS = 90_000

export async function startLoad(ground: Ground, o: LoadOptions): Promise<Load> {
  const stopped = new AbortController()
  const over = new AbortController()
  const clients = o.servers.map(({ url, credential }) => createAgentOS({ url, apiKey: credential }))
  ground.onEnd(async () => {
    stopped.abort()
    over.abort()
    await Promise.all(clients.map(client => client.close().catch(() => {})))
  })
  const agents = o.agents ?? ['quick', 'talker', 'boxed', 'stumbling']
  for (const agent of agents)
    await persist(ground, over.signal, () => clients[0]!.agents.save({ source: AGENTS[agent] }))

  const load = { acknowledged: [] as Acknowledgement[], seen: [] as TimedLog[], submitted: 0 }
  const random = ground.random.fork('load')
  const lanes = Array.from({ length: o.lanes }, (_, index) => submitter(`client ${index + 1}`, random.fork(`lane ${index}`)))
  const finished = Promise.all(lanes).then(() => {})

  async function submitter(name: string, random: Random): Promise<void> {
    while (!stopped.signal.aborted && load.submitted < (o.most ?? Number.POSITIVE_INFINITY))
      await oneRun(name, random, `${ground.mark} ${++load.submitted}`)
  }

  async function oneRun(name: string, random: Random, task: string): Promise<void> {
    const [client, agent] = [random.pick(clients), random.pick(agents)]
    const { doubled, stopped: stopShare, unwatched } = o.shares ?? SHARES
    const [isDoubled, isStopped, isUnwatched] = [random.chance(doubled), random.chance(stopShare), random.chance(unwatched)]
    const run = await persist(ground, over.signal, () => client.runs.submit({ agent, task, idempotencyKey: task }))
    if (!run)
      return
    load.acknowledged.push({ kind: 'submitted', runId: run.id, task, key: task })
    if (isUnwatched && !isStopped)
      return
    const watching = [watch(name, client, run.id), ...isDoubled ? [watch(`${name}, again`, random.pick(clients), run.id)] : []]
    if (isStopped) {
      await pause(random.int(0, 400), undefined, { signal: over.signal }).catch(() => {})
      if (await persist(ground, over.signal, () => client.runs.stop(run.id)))
        load.acknowledged.push({ kind: 'cancelled', runId: run.id })
    }
    await Promise.all(watching)
  }

  async function watch(name: string, client: AgentOS, runId: string): Promise<void> {
    const log: TimedLog = { client: name, runId, after: 0, events: [], isWhole: false, arrivals: [] }
    load.seen.push(log)
    await persist(ground, over.signal, async () => {
      for await (const event of client.runs.follow(runId, { after: log.events.length, signal: over.signal })) {
        log.events.push(event as RunEvent) // what JSON leaves of one
        log.arrivals.push(Date.now())
      }
      log.isWhole = !over.signal.aborted
      return true
    })
  }

  return {
    acknowledged: load.acknowledged,
    seen: load.seen,
    runs: () => load.acknowledged.filter(({ kind }) => kind === 'submitted').length,
    finished,
    async settle(waitMs = SETTLE_MS) {
      stopped.abort()
      await Promise.race([finished, pause(waitMs, undefined, { signal: over.signal }).catch(() => {})])
      over.abort()
      await finished
    },
  }
}

/** Codes that say that another try may go better; any other is the server's fault, or the suite's. */
const PASSING = ['UNREACHABLE', 'SERVICE_UNAVAILABLE', 'TIMEOUT', 'NO_WEBSOCKET']
const PAUSE_MS = 100

/** Null when all is over. */
async function persist<T>(ground: Ground, over: AbortSignal, act: () => Promise<T>): Promise<T | null> {
  while (!over.aborted) {
    try {
      return await act()
    }
    catch (error) {
      if (over.aborted)
        return null
      if (!(error instanceof AgentOSError) || !PASSING.includes(error.code)) {
        ground.must(false, `a client was told ${error instanceof AgentOSError ? error.code : 'no AgentOSError'}: ${error instanceof Error ? error.message : String(error)}`)
        return null
      }
    }
    await pause(PAUSE_MS)
  }
  return null
}
