import type { ScheduleView } from '../src/domain/views/schedule.ts'
import type { Ended } from './cli-harness.ts'
import type { ServerProcess } from './process-harness.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { agentos, jsonLines, writeManifest } from './cli-harness.ts'
import { startServerProcess } from './process-harness.ts'
import { temporaryFolder } from './server-harness.ts'

let server: ServerProcess
beforeAll(async () => {
  server = await startServerProcess(await mkdtemp(join(tmpdir(), 'agentos-cli-test-')), { isShared: true })
})
afterAll(async () => {
  await server.stop()
  await rm(server.dataDir, { recursive: true, force: true })
})

const schedulesIn = (ended: Ended): ScheduleView[] => jsonLines(ended) as unknown as ScheduleView[] // what `schedule --json` prints

it('with nothing scheduled it says how', async () => {
  expect(await agentos(['schedule'], server)).toMatchObject({ code: 0, stdout: expect.stringContaining('no schedules yet'), stderr: '' })
  expect(await agentos(['unschedule', '--all'], server)).toMatchObject({ code: 0, stdout: 'no schedules\n' })
})

it('a manifest and a time make a schedule that runs, is listed in its own zone, and is removed by its id', async () => {
  const manifest = await writeManifest(server.dataDir, 'ticker', 'echo "$AGENTOS_TASK $INPUT_WHO"', 'inputs: { who: { type: string } }\n')
  const args = ['--cron', '*/1 * * * * *', '--timezone', 'Asia/Tokyo', '--overlap', 'queue', '--catch-up', 'none', '--task', 'greet', '--input', 'who=you']
  const made = await agentos(['schedule', manifest, ...args], server)
  expect(made).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('ticker is scheduled */1 * * * * * (Asia/Tokyo)\n') })
  expect(made.stdout).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)? Asia\/Tokyo/)

  const [listed] = schedulesIn(await agentos(['schedule', '--json'], server))
  expect(listed).toMatchObject({ agentName: 'ticker', cron: '*/1 * * * * *', timezone: 'Asia/Tokyo', overlap: 'queue', catchUp: 'none', task: 'greet', inputs: { who: 'you' } })
  await vi.waitFor(async () => {
    const logs = await agentos(['logs', 'ticker'], server)
    expect(logs.stdout).toContain('greet you')
  }, { timeout: 20_000, interval: 500 })

  const removed = await agentos(['unschedule', listed!.id.slice(0, 6)], server)
  expect(removed).toMatchObject({ code: 0, stdout: 'removed: ticker, */1 * * * * * (Asia/Tokyo)\n' })
  expect((await agentos(['schedule', '--json'], server)).stdout).toBe('')
}, 90_000)

it('a manifest\'s own schedule is kept with it; unschedule pauses it and says why, and schedule lets it go on', async () => {
  const manifest = await writeManifest(server.dataDir, 'own', 'true', 'schedule: { cron: "0 9 * * 1-5", timezone: Europe/Berlin }\n')
  expect(await agentos(['schedule', manifest], server)).toMatchObject({ code: 0, stdout: expect.stringMatching(/own is scheduled 0 9 \* \* 1-5 \(Europe\/Berlin\)\n[\s\S]* 09:00 Europe\/Berlin/) })
  const paused = await agentos(['unschedule', 'own'], server)
  expect(paused).toMatchObject({ code: 0, stdout: expect.stringMatching(/^paused: own, .*would come back/) })
  expect((await agentos(['schedule'], server)).stdout).toMatch(/own .* paused/)
  await agentos(['schedule', 'own'], server)
  expect(schedulesIn(await agentos(['schedule', '--json'], server))).toMatchObject([{ agentName: 'own', pausedAt: null, nextTickAt: expect.any(String) }])
  expect(jsonLines(await agentos(['unschedule', '--all', '--json'], server))).toMatchObject([{ agentName: 'own', done: 'paused' }])
}, 90_000)

it.each([
  [['schedule', '--cron', '* * * * *'], 1, /expected an agent's name or a manifest file/],
  [['schedule', 'own', '--task', 'x'], 1, /add --cron, --every or --at/],
  [['schedule', 'own', '--cron', '* * * * *', '--every', '1h'], 1, /one of --cron, --every and --at/],
  [['schedule', 'own', '--cron', '99 * * * *'], 1, /cron: expected five fields/],
  [['schedule', 'own', '--every', '1s'], 1, /at least 60000/],
  [['schedule', 'own', '--at', '2020-01-01T00:00'], 1, /still to come/],
  [['schedule', 'own', '--every', '1h', '--overlap', 'kill'], 1, /--overlap: expected skip, queue or replace, but got "kill"/],
  [['schedule', 'nobody', '--every', '1h'], 127, /no agent and no manifest is called "nobody"/],
  [['unschedule'], 1, /expected the beginning of a schedule's id, an agent's name, or --all/],
  [['unschedule', 'nothing'], 127, /no schedule's id begins with "nothing"/],
])('%j is refused and says what was expected', async (args, code, why) => {
  expect(await agentos(args, server)).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(why) })
})

it('a manifest with no schedule of its own says so', async () => {
  const manifest = await writeManifest(server.dataDir, 'plain', 'true')
  expect(await agentos(['schedule', manifest], server)).toMatchObject({ code: 1, stderr: expect.stringMatching(/the manifest of plain has no schedule: of its own/) })
})

it('with no server running it is stored, says that one has to run, and nothing starts until then', async () => {
  const dataDir = await temporaryFolder()
  const manifest = await writeManifest(dataDir, 'later', 'true')
  expect(await agentos(['schedule', manifest, '--cron', '* * * * * *'], dataDir)).toMatchObject({ code: 0, stderr: expect.stringContaining('no server runs here') })
  expect((await agentos(['ps', '--json'], dataDir)).stdout).toBe('')
  const started = await startServerProcess(dataDir)
  await vi.waitFor(async () => expect((await agentos(['ps', '--json'], dataDir)).stdout).not.toBe(''), { timeout: 20_000, interval: 500 })
  await started.stop()
}, 120_000)
