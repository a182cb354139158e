import type { Run, SubmitRun } from '@agentos/client'
import type { Server } from '../local-server.ts'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import process from 'node:process'
import { isGitUrl } from '../../domain/git-address.ts'
import { uploadNamed } from '../../domain/upload.ts'
import { CommandError } from '../failure.ts'
import { findAgent } from '../find-agent.ts'
import { finishOthers } from '../finish-others.ts'
import { followInTerminal } from '../follow-in-terminal.ts'
import { parseDurationOption, parseInputs } from '../options.ts'
import { pc } from '../print/colour.ts'
import { jsonLine } from '../print/json-line.ts'
import { print } from '../print/out.ts'
import { uploadFolder } from '../upload-folder.ts'
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
  const folder = request.workspace !== undefined && isFolder(request.workspace) ? request.workspace : null
  const folders = folder === null ? [] : [folder]
  await withServer({ embed: options.detach ? 'none' : 'run', missing: DETACH_NEEDS, folders }, async (server) => {
    const agent = await findAgent(server.client, name)
    const workspace = folder !== null && isElsewhere(server) ? await uploadFolder(server, folder) : request.workspace
    const submitted = await server.client.runs.submit({ ...request, ...workspace !== undefined && { workspace }, ...agent })
    if (options.detach)
      return sayDetached(submitted, server, options)
    process.exitCode = await followInTerminal(server, submitted, { json: options.json ?? false })
    if (server.kind === 'embedded')
      await finishOthers(server, submitted.id, { quiet: options.json ?? false })
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

/** Whole, as the server counts from another folder. A repository it clones itself, and what was uploaded it has. */
async function readFolder(folder: string): Promise<string> {
  if (!isFolder(folder))
    return folder
  const path = resolve(folder)
  const found = await stat(path).catch(() => null)
  if (!found)
    throw new CommandError(`--workspace: there is no folder ${path}`)
  if (!found.isDirectory())
    throw new CommandError(`--workspace: expected a folder, but ${path} is a file`)
  return path
}

function isFolder(workspace: string): boolean {
  return !isGitUrl(workspace) && uploadNamed(workspace) === null
}

/** On another machine our folders are not. */
function isElsewhere({ kind, url }: Server): boolean {
  return kind === 'named' && !['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname)
}

function sayDetached(run: Run, server: Server, options: RunOptions): void {
  print(options.json
    ? jsonLine({ runId: run.id })
    : `${run.id}\n${pc.dim(`  ${server.url}/runs/${run.id}\n  agentos logs -f ${run.id}`)}\n`)
}
