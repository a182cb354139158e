import type { Fault } from '../fault.ts'
import type { Ground } from '../ground.ts'
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { AgentOSError, createAgentOS } from '../../../../client/src/index.ts'
import { Skipped } from '../fault.ts'
import { judge } from '../judge.ts'
import { startServer } from '../server-under-test.ts'

const MiB = 1024 * 1024
const WRITER = 'name: writer\nisolation: process\nsteps:\n  - run: for i in $(seq 1 60); do head -c 16000 /dev/zero | tr "\\\\0" x; echo; sleep 0.02; done\n'
const HOARDER = 'name: hoarder\nisolation: process\nsteps:\n  - run: head -c 200000000 /dev/zero > hoard && echo it fits\n'

export const fullDatabaseDisk: Fault = {
  name: 'full-database-disk',
  title: 'disk full under the database',
  databases: ['sqlite'],
  isShort: false,
  async run(ground) {
    const disk = mountDisk(ground, 'disk', 48)
    const server = await startServer(ground, { env: { DATABASE_URL: `file:${join(disk, 'agentos.db')}` } })
    const { pid } = server
    const client = createAgentOS({ url: server.url, apiKey: server.credential })
    ground.onEnd(() => client.close())
    await client.agents.save({ source: WRITER })
    const before = await client.runs.submit({ agent: 'writer', task: `${ground.mark} before` })
    await client.runs.result(before.id)

    const ballast = fillDisk(disk, 256 * 1024)
    const told: string[] = []
    const hindered = []
    for (let index = 0; index < 20; index++) {
      const run = await client.runs.submit({ agent: 'writer', task: `${ground.mark} ${index}` }).catch((error: AgentOSError) => void told.push(`${error.code} ${error.message}`))
      if (run)
        hindered.push(run)
      await pause(100)
    }
    ground.must(told.length > 0, 'nobody was told that the disk is full')
    ground.must(told.every(text => /^SERVICE_UNAVAILABLE .*no space/.test(text)), `a client was told something else than that there is no space: ${told.find(text => !/no space/.test(text)) ?? told[0]}`)
    ground.must((await fetch(`${server.url}/live`)).ok, 'the server does not answer any more')

    rmSync(ballast)
    const after = await healed(client, ground)
    ground.must(after, 'it did not heal when there was space again')
    for (const run of hindered)
      await Promise.race([client.runs.result(run.id), pause(60_000)])
    ground.must(server.pid === pid && await server.kill('SIGTERM') === 0, `the server did not outlive it: ${server.said()}`)
    await judge({ ...ground, databaseUrl: `file:${join(disk, 'agentos.db')}` }, { acknowledged: [before, ...hindered].map(run => ({ kind: 'submitted', runId: run.id, task: run.task })), seen: [] })
    return { runs: hindered.length + 2, kills: 1 }
  },
}

export const fullWorkspaceDisk: Fault = {
  name: 'full-workspace-disk',
  title: 'disk full under the workspaces',
  databases: ['sqlite', 'postgresql'],
  isShort: false,
  async run(ground) {
    const workspaces = mountDisk(ground, 'server/workspaces', 24)
    const server = await startServer(ground)
    const client = createAgentOS({ url: server.url, apiKey: server.credential })
    ground.onEnd(() => client.close())
    for (const round of [1, 2]) {
      const run = await client.runs.submit({ manifest: { source: HOARDER }, task: `${ground.mark} ${round}` })
      const { run: ended } = await client.runs.result(run.id)
      const said = JSON.stringify(await client.events.list({ runId: run.id }))
      ground.must(ended.status === 'failed' && /No space left|disk_limit/i.test(said), `a run whose disk is full ended ${ended.status} by ${ended.reason}: ${ended.detail}`)
    }
    ground.must(await hasSpace(workspaces), 'the space was not given back when the run had ended')
    const run = await client.runs.submit({ manifest: { source: WRITER }, task: `${ground.mark} after` })
    ground.must((await client.runs.result(run.id)).run.status === 'succeeded', 'a run that comes later does not succeed')
    ground.must(await server.kill('SIGTERM') === 0, `the server did not outlive it: ${server.said()}`)
    await judge(ground)
    return { runs: 3, kills: 2 }
  },
}

export function mountDisk(ground: Ground, name: string, sizeMiB: number): string {
  const path = join(ground.folder, name)
  mkdirSync(path, { recursive: true })
  const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m,mode=0711`, 'agentos-faults', path], { encoding: 'utf8' })
  if (status !== 0)
    throw new Skipped(`no disk of its own can be mounted here: ${(error?.message ?? stderr).trim()}`)
  ground.onEnd(() => spawnSync('umount', ['-l', path]))
  return path
}

function fillDisk(path: string, leftBytes: number): string {
  const { bavail, bsize } = statfsSync(path)
  const file = join(path, 'ballast')
  writeFileSync(file, Buffer.alloc(Math.max(0, bavail * bsize - leftBytes)))
  return file
}

/** A folder is removed after its run has ended. */
async function hasSpace(path: string): Promise<boolean> {
  for (const until = performance.now() + 10_000; performance.now() < until; await pause(100)) {
    const { bavail, bsize } = statfsSync(path)
    if (bavail * bsize > 16 * MiB)
      return true
  }
  return false
}

async function healed(client: ReturnType<typeof createAgentOS>, { mark }: Ground): Promise<boolean> {
  const until = performance.now() + 30_000
  while (performance.now() < until) {
    try {
      const run = await client.runs.submit({ agent: 'writer', task: `${mark} after` })
      const { run: ended } = await client.runs.result(run.id)
      if (ended.status === 'succeeded')
        return true
    }
    catch (error) {
      if (!(error instanceof AgentOSError))
        throw error
    }
    await pause(500)
  }
  return false
}
