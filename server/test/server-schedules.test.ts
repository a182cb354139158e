import type { WatchUpdate } from '../src/domain/views/run.ts'
import type { Client, TestServer } from './server-harness.ts'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { connect, openServer, script, startServer, temporaryFolder } from './server-harness.ts'

/** One server for all that takes its own schedules away again. */
let server: TestServer
beforeAll(async () => {
  server = await openServer()
})
afterAll(() => server.stop())

const named = ({ source }: { source: string }): string => /name: (\S+)/.exec(source)![1]!
const until = <T>(look: () => Promise<T>): Promise<T> => vi.waitFor(look, { timeout: 20_000, interval: 50 })

async function saved(client: Client, manifest: { source: string }): Promise<string> {
  await client.agents.save.mutate(manifest)
  return named(manifest)
}

it('a schedule that a person makes is listed with its next ticks, starts runs that end, and is taken away', async () => {
  const client = connect(server)
  const agent = await saved(client, script('echo "$AGENTOS_TASK $INPUT_N"', 'inputs: { n: { type: number, default: 3 } }\n'))
  const made = await client.schedules.create.mutate({ agent, cron: '* * * * * *', timezone: 'Europe/Berlin', task: 'count', overlap: 'queue' })
  expect(made).toMatchObject({ agentName: agent, source: 'person', cron: '* * * * * *', everyMs: null, onceAt: null, timezone: 'Europe/Berlin', catchUp: 'last', catchUpWindowMs: 86_400_000, createdBy: 'owner', pausedAt: null })
  expect(made.preview).toHaveLength(5)
  expect(made.preview[0]).toBe(made.nextTickAt)
  const tick = await until(async () => {
    const [{ ticks }] = await client.schedules.list.query({ agent }) as [typeof made]
    const ended = ticks.find(one => one.runStatus === 'succeeded')
    expect(ended).toBeDefined()
    return ended!
  })
  expect(await client.runs.get.query({ run: tick.runId! })).toMatchObject({ scheduleId: made.id, task: 'count', inputs: { n: 3 }, status: 'succeeded' })
  expect(await client.schedules.remove.mutate({ schedule: made.id })).toEqual({ id: made.id })
  expect(await client.schedules.list.query({ agent })).toEqual([])
})

it('a manifest\'s schedule comes and goes with it, and can be paused, resumed and run, not changed or removed', async () => {
  const client = connect(server)
  const manifest = script('true', 'schedule: { cron: "30 9 * * 1-5", timezone: Europe/Berlin, task: nightly }\n')
  const agent = await saved(client, manifest)
  const [schedule] = await client.schedules.list.query({ agent })
  expect(schedule).toMatchObject({ source: 'manifest', cron: '30 9 * * 1-5', timezone: 'Europe/Berlin', task: 'nightly' })
  expect(new Date(schedule!.nextTickAt!).toLocaleTimeString('en-GB', { timeZone: 'Europe/Berlin' })).toBe('09:30:00')

  expect(await client.schedules.pause.mutate({ schedule: agent })).toMatchObject({ pausedAt: expect.any(String), nextTickAt: null, preview: [] })
  expect(await client.schedules.resume.mutate({ schedule: agent })).toMatchObject({ pausedAt: null, nextTickAt: schedule!.nextTickAt })
  await expect(client.schedules.remove.mutate({ schedule: agent })).rejects.toThrow(/comes with its manifest and cannot be removed here: .*pause it/)
  await expect(client.schedules.update.mutate({ schedule: agent, task: 'x' })).rejects.toThrow(/comes with its manifest and cannot be changed here/)

  const run = await client.schedules.runNow.mutate({ schedule: agent })
  expect(run).toMatchObject({ scheduleId: schedule!.id, task: 'nightly' })
  const overview = await client.system.overview.query()
  expect(overview.nextTicks).toContainEqual({ scheduleId: schedule!.id, agentName: agent, at: schedule!.nextTickAt, timezone: 'Europe/Berlin' })
  expect(overview.nextTicks.length).toBeLessThanOrEqual(5)

  await client.agents.save.mutate({ source: manifest.source.replace(/schedule: .*\n/, '') })
  expect(await client.schedules.list.query({ agent })).toEqual([])
})

it('a schedule that comes with a submitted manifest is kept too', async () => {
  const client = connect(server)
  const manifest = script('true', 'schedule: { every: 3h }\n')
  await client.runs.submit.mutate({ manifest })
  expect(await client.schedules.list.query({ agent: named(manifest) })).toMatchObject([{ source: 'manifest', everyMs: 10_800_000 }])
  expect(await client.agents.get.query({ agent: named(manifest) })).toMatchObject({ schedule: 'every 3h', notices: [] })
})

it('a preview says the next ticks of what is not stored, in its zone', async () => {
  const client = connect(server)
  const { ticks } = await client.schedules.preview.query({ cron: '0 12 24 12 *', timezone: 'Asia/Tokyo' })
  expect(ticks.map(tick => tick.slice(4))).toEqual(Array.from({ length: 5 }).fill('-12-24T03:00:00.000Z'))
  expect(await client.schedules.preview.query({ at: '2020-01-01T00:00' })).toEqual({ ticks: [] })
})

it.each([
  [{ cron: '61 * * * *' }, /^cron: expected five fields/],
  [{ cron: '0 0 30 2 *' }, /it never comes/],
  [{ cron: '* * * * *', everyMs: 60_000 }, /one of cron, everyMs and at/],
  [{}, /one of cron, everyMs and at/],
  [{ everyMs: 10 }, /at least 60000/],
  [{ at: '2020-01-01T00:00' }, /still to come/],
  [{ at: 'tomorrow' }, /^at: expected a moment/],
  [{ cron: '* * * * *', timezone: 'Mars/Olympus' }, /^timezone: expected a time zone/],
  [{ cron: '* * * * *', inputs: { colour: 'red' } }, /no such input/],
])('%j is refused with what was expected', async (words, why) => {
  const client = connect(server)
  const agent = await saved(client, script('true'))
  await expect(client.schedules.create.mutate({ agent, ...words })).rejects.toThrow(why)
  expect(await client.schedules.list.query({ agent })).toEqual([])
})

it('what is said anew takes the place of what was, and the rest stays', async () => {
  const client = connect(server)
  const agent = await saved(client, script('true'))
  const made = await client.schedules.create.mutate({ agent, cron: '0 9 * * *', timezone: 'Europe/Berlin', task: 'one' })
  const changed = await client.schedules.update.mutate({ schedule: made.id, task: 'two', overlap: 'replace' })
  expect(changed).toMatchObject({ cron: '0 9 * * *', timezone: 'Europe/Berlin', task: 'two', overlap: 'replace', nextTickAt: made.nextTickAt })
  const retimed = await client.schedules.update.mutate({ schedule: made.id, everyMs: 7_200_000 })
  expect(retimed).toMatchObject({ cron: null, everyMs: 7_200_000, task: 'two' })
  await client.schedules.remove.mutate({ schedule: made.id })
})

it('a tick that cannot be submitted is refused with the reason that a person would get', async () => {
  const client = connect(server)
  const agent = await saved(client, script('true', 'secrets: [NOT_STORED]\n'))
  const { id } = await client.schedules.create.mutate({ agent, cron: '* * * * * *' })
  const tick = await until(async () => {
    const { ticks } = await client.schedules.get.query({ schedule: id })
    expect(ticks.length).toBeGreaterThan(0)
    return ticks[0]!
  })
  expect(tick).toMatchObject({ outcome: 'refused', detail: expect.stringContaining('NOT_STORED'), runId: null, runStatus: null })
  await client.schedules.remove.mutate({ schedule: id })
})

it('who watches is told when schedules change', async () => {
  const client = connect(server)
  const agent = await saved(client, script('true'))
  const updates: WatchUpdate[] = []
  const watching = client.runs.watch.subscribe(undefined, { onData: update => void updates.push(update) })
  onTestFinished(() => watching.unsubscribe())
  await vi.waitFor(() => expect(updates).toHaveLength(1))
  const { id } = await client.schedules.create.mutate({ agent, everyMs: 3_600_000 })
  await vi.waitFor(() => expect(updates.some(update => update.schedulesChanged)).toBe(true))
  await client.schedules.remove.mutate({ schedule: id })
})

it('health and metrics say whether schedules are acted on', async () => {
  expect(await (await fetch(`${server.url}/health`)).json()).toMatchObject({ scheduler: 'running' })
  const metrics = await (await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${server.credential}` } })).text()
  expect(metrics).toMatch(/^agentos_scheduler_status 1$/m)
})

it('a server that is started again goes on with the schedules that were there', async () => {
  const dataDir = await temporaryFolder()
  const first = await openServer({ AGENTOS_DATA_DIR: dataDir })
  const client = connect(first)
  const agent = await saved(client, script('true'))
  const { id } = await client.schedules.create.mutate({ agent, cron: '*/2 * * * * *', overlap: 'queue' })
  await until(async () => expect((await client.schedules.get.query({ schedule: id })).ticks.length).toBeGreaterThan(0))
  await first.stop()
  const again = connect(await startServer({ AGENTOS_DATA_DIR: dataDir }))
  const before = (await again.schedules.get.query({ schedule: id })).ticks.length
  await until(async () => expect((await again.schedules.get.query({ schedule: id })).ticks.length).toBeGreaterThan(before + 1))
  const { ticks } = await again.schedules.get.query({ schedule: id })
  expect(new Set(ticks.map(tick => tick.tickAt)).size).toBe(ticks.length)
  const runs = ticks.flatMap(tick => tick.runId ?? [])
  expect(new Set(runs).size).toBe(runs.length)
})
