import type { AgentOS } from '../../../../client/src/index.ts'
import type { Fault } from '../fault.ts'
import type { Ground } from '../ground.ts'
import type { ServerUnderTest } from '../server-under-test.ts'
import { setTimeout as pause } from 'node:timers/promises'
import { createAgentOS } from '../../../../client/src/index.ts'
import { ON_TIME_MS } from '../../../src/domain/schedule.ts'
import { judge } from '../judge.ts'
import { createServerUnderTest } from '../server-under-test.ts'

/** Longer than a tick may be late and still count as on time: else the last of those that were missed would never be a missed one. */
const TICK_MS = 2 * ON_TIME_MS
const MISSED = 3
/** From the tick after which they are killed: three ticks come to pass while nobody is there, and the third is late when they start. */
const DOWN_MS = MISSED * TICK_MS + 1.1 * ON_TIME_MS
const CAUGHT_UP_MS = TICK_MS + 60_000
const POLICIES = ['none', 'last', 'all'] as const

type Ticks = Awaited<ReturnType<AgentOS['schedules']['get']>>['ticks']
/** Of the same clock that the ticks are of: servers, database and this suite are on one machine. */
interface Absence { fromMs: number, untilMs: number, readyMs: number }

export const schedulesDown: Fault = {
  name: 'schedules-down',
  title: 'no server for three ticks of schedules',
  databases: ['sqlite', 'postgresql'],
  isShort: false,
  async run(ground) {
    const names = ground.database === 'sqlite' ? ['server'] : ['server-1', 'server-2']
    const servers = await Promise.all(names.map(name => createServerUnderTest(ground, { name })))
    await inTurn(servers)
    const client = createAgentOS({ url: servers[0]!.url, apiKey: servers[0]!.credential })
    ground.onEnd(() => client.close())
    for (const policy of POLICIES)
      await client.runs.submit({ manifest: { source: manifestOf(policy) }, task: ground.mark })

    await pause(TICK_MS - Date.now() % TICK_MS + ground.random.int(1_000, 5_000))
    const fromMs = Date.now()
    await Promise.all(servers.map(server => server.kill('SIGKILL')))
    await pause(fromMs - fromMs % TICK_MS + DOWN_MS - Date.now())
    const untilMs = Date.now()
    await Promise.all(servers.map(server => server.start()))
    const absence = { fromMs, untilMs, readyMs: Date.now() }
    for (const policy of POLICIES)
      judgeTicks(ground, policy, await caughtUp(client, policy, absence), absence)

    let runs = POLICIES.length
    for (const policy of POLICIES) {
      await client.schedules.pause(nameOf(policy))
      runs += (await client.schedules.get(nameOf(policy))).ticks.filter(({ runId }) => runId !== null).length
    }
    await settled(client)
    for (const server of servers)
      ground.must(await server.kill('SIGTERM') === 0, `it did not stop in order: ${server.said()}`)
    await judge(ground)
    return { runs, kills: servers.length }
  },
}

function manifestOf(policy: typeof POLICIES[number]): string {
  return `name: ${nameOf(policy)}
isolation: process
schedule: { cron: "*/${TICK_MS / 60_000} * * * *", catchUp: ${policy}, overlap: queue }
steps: [{ run: echo tick, idempotent: true }]
`
}

function nameOf(policy: typeof POLICIES[number]): string {
  return `catches-up-${policy}`
}

async function inTurn(servers: ServerUnderTest[]): Promise<void> {
  for (const server of servers)
    await server.start()
}

/** Its last ticks, once those of the absence are known and none waits for its turn. */
async function caughtUp(client: AgentOS, policy: typeof POLICIES[number], { readyMs }: Absence): Promise<Ticks> {
  const until = Date.now() + CAUGHT_UP_MS
  let ticks: Ticks
  do {
    await pause(200)
    ;({ ticks } = await client.schedules.get(nameOf(policy)))
  } while (Date.now() < until && (!ticks.some(({ tickAt }) => Date.parse(tickAt) > readyMs) || ticks.some(({ tickAt, outcome }) => Date.parse(tickAt) <= readyMs && outcome === 'waiting')))
  return ticks
}

function judgeTicks(ground: Ground, policy: typeof POLICIES[number], ticks: Ticks, { fromMs, untilMs, readyMs }: Absence): void {
  const told = `${nameOf(policy)}: ${ticks.map(({ tickAt, outcome }) => `${tickAt} ${outcome}`).join(', ')}; killed at ${new Date(fromMs).toISOString()}, started at ${new Date(untilMs).toISOString()}, ready at ${new Date(readyMs).toISOString()}`
  const times = ticks.map(({ tickAt }) => Date.parse(tickAt))
  ground.must(times.every((at, index) => index === 0 || times[index - 1]! - at === TICK_MS), `a tick is missing, or one is there twice. ${told}`)
  const runs = ticks.flatMap(({ runId }) => runId ?? [])
  ground.must(new Set(runs).size === runs.length, `two ticks have one run. ${told}`)

  const missed = ticks.filter(({ tickAt }) => Date.parse(tickAt) > fromMs && Date.parse(tickAt) < untilMs)
  ground.must(missed.length === MISSED, `${missed.length} ticks were missed. ${told}`)
  const started = missed.filter(({ runId }) => runId !== null)
  if (policy === 'none')
    ground.must(started.length === 0, `what was missed was caught up. ${told}`)
  if (policy === 'all')
    ground.must(started.length === missed.length, `not all that was missed was caught up. ${told}`)
  if (policy === 'last')
    ground.must(started.length === 1 && started[0] === missed[0], `not the last one alone was caught up. ${told}`)
}

async function settled(client: AgentOS): Promise<void> {
  const until = Date.now() + CAUGHT_UP_MS
  while (Date.now() < until) {
    const { counts } = await client.system.overview()
    if (counts.queued + counts.running === 0)
      return
    await pause(200)
  }
}
