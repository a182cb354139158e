import type { Run, SubmitRun } from '@agentos/client'
import type { Server } from '../local-server.ts'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { CommandError } from '../failure.ts'
import { findAgent } from '../find-agent.ts'
import { followInTerminal } from '../follow-in-terminal.ts'
import { parseDurationOption, parseInputs } from '../options.ts'
import { pc } from '../print/colour.ts'
import { jsonLine } from '../print/json-line.ts'
import { print } from '../print/out.ts'
import { withServer } from '../with-server.ts'

export interface RunOptions {
  task?: string
  timeout?: string
  isolated?: boolean
  workspace?: string
  input?: string[]
  json?: boolean
  detach?: boolean
}

const DETACH_NEEDS = '--detach needs a server that goes on after this command, and none runs here: start one with `agentos serve`, or leave --detach out'

/** `agentos run`: submits to the running server, or embeds one; follows to the end; exits as the run's reason says. */
export async function run(name: string, options: RunOptions): Promise<void> {
  const request = await readRequest(options)
  const folders = request.workspace === undefined ? [] : [request.workspace]
  await withServer({ embed: options.detach ? 'none' : 'run', missing: DETACH_NEEDS, folders }, async (server) => {
    const submitted = await server.client.runs.submit({ ...request, ...await findAgent(server.client, name) })
    if (options.detach)
      return sayDetached(submitted, server, options)
    process.exitCode = await followInTerminal(server, submitted, { json: options.json ?? false })
    if (server.kind === 'embedded')
      await finishOthers(server, submitted, options)
  })
}

async function readRequest(options: RunOptions): Promise<Omit<SubmitRun, 'agent' | 'manifest'>> {
  return {
    ...(options.task === undefined ? {} : { task: options.task }),
    ...(options.timeout === undefined ? {} : { timeMs: parseDurationOption('--timeout', options.timeout, 30) }),
    ...(options.isolated ? { isolation: 'sandbox' as const } : {}),
    ...(options.workspace === undefined ? {} : { workspace: await readFolder(options.workspace) }),
    inputs: parseInputs(options.input ?? []),
  }
}

/** The server may stand elsewhere, so it gets the whole path. */
async function readFolder(folder: string): Promise<string> {
  const path = resolve(folder)
  const found = await stat(path).catch(() => null)
  if (!found)
    throw new CommandError(`--workspace: there is no folder ${path}`)
  if (!found.isDirectory())
    throw new CommandError(`--workspace: expected a folder, but ${path} is a file`)
  return path
}

function sayDetached(run: Run, server: Server, options: RunOptions): void {
  print(options.json
    ? jsonLine({ runId: run.id })
    : `${run.id}\n${pc.dim(`  ${server.url}/runs/${run.id}\n  agentos logs -f ${run.id}`)}\n`)
}

/** A run that waits for longer than this waits for the next server. */
const SOON_MS = 60_000
/** For so long a run that has ended counts as one that somebody is just reading. */
const READ_MS = 1_000
const LOOK_MS = 300

/** Other commands may have found this embedded server and given it runs: it stays until those have ended. */
async function finishOthers(server: Server, own: Run, options: RunOptions): Promise<void> {
  const { client } = server
  for (let isSaid = false; ;) {
    const [{ database }, live, newest] = await Promise.all([
      client.system.overview(),
      client.runs.list({ statuses: ['queued', 'running'], limit: 200 }),
      client.runs.list({ limit: 10 }),
    ])
    // On PostgreSQL other servers may be there: what they run, and what is queued, is theirs as well.
    const other = live.runs.find(run => run.status === 'running'
      ? isOurs(run, server)
      : database.dialect === 'sqlite' && Date.parse(run.availableAt) < Date.now() + SOON_MS)
    const isJustOver = newest.runs.some(run => run.id !== own.id && run.endedAt !== null && Date.parse(run.endedAt) > Date.now() - READ_MS)
    if (!other && !isJustOver)
      return
    if (other && !isSaid && !options.json) {
      process.stderr.write(pc.dim(`other commands use this server; it ends when their runs have (${other.agentName} ${other.id})\n`))
      isSaid = true
    }
    await sleep(LOOK_MS)
  }
}

/** This very process has it. */
function isOurs({ worker }: Run, { worker: own }: Server): boolean {
  return own !== undefined && worker === own
}
