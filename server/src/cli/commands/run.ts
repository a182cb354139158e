import type { Run, SubmitRun } from '@agentos/client'
import type { Server } from '../local-server.ts'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import process from 'node:process'
import { AgentOSError } from '@agentos/client'
import pc from 'picocolors'
import { loadConfig } from '../../config/config.ts'
import { CommandError } from '../failure.ts'
import { findManifest } from '../find-manifest.ts'
import { followInTerminal } from '../follow-in-terminal.ts'
import { findOrEmbedServer, findServer } from '../local-server.ts'
import { parseDurationOption, parseInputs } from '../options.ts'

export interface RunOptions {
  task?: string
  timeout?: string
  isolated?: boolean
  workspace?: string
  input: string[]
  json?: boolean
  detach?: boolean
}

/** `agentos run`: submits to the running server, or embeds one; follows to the end; exits as the run's reason says. */
export async function run(name: string, options: RunOptions): Promise<void> {
  const request = await readRequest(options)
  const server = await openServer(options, request.workspace)
  try {
    const submitted = await submit(server, name, request)
    process.exitCode = options.detach ? detach(submitted, server, options) : await followInTerminal(server, submitted, { json: options.json ?? false })
  }
  finally {
    await leave(server, options)
  }
}

type Request = Omit<SubmitRun, 'agent' | 'manifest'>

async function readRequest(options: RunOptions): Promise<Request> {
  return {
    ...(options.task === undefined ? {} : { task: options.task }),
    ...(options.timeout === undefined ? {} : { timeMs: parseDurationOption('--timeout', options.timeout) }),
    ...(options.isolated ? { isolation: 'sandbox' as const } : {}),
    ...(options.workspace === undefined ? {} : { workspace: await readFolder(options.workspace) }),
    inputs: parseInputs(options.input),
  }
}

async function readFolder(folder: string): Promise<string> {
  // The launcher changes nothing, but npm may: INIT_CWD is where the person stands.
  const path = resolve(folder)
  const found = await stat(path).catch(() => null)
  if (!found)
    throw new CommandError(`--workspace: there is no folder ${path}`, 127)
  if (!found.isDirectory())
    throw new CommandError(`--workspace: expected a folder, but ${path} is a file`)
  return path
}

async function openServer(options: RunOptions, workspace: string | undefined): Promise<Server> {
  if (!options.detach)
    return findOrEmbedServer(workspace ? [workspace] : [])
  const server = await findServer()
  if (!server)
    throw new CommandError('--detach needs a server that goes on after this command, and none runs here: start one with `agentos serve`, or leave --detach out')
  return server
}

/** An agent's name known to the server comes first; else the manifest file is stored there and run. */
async function submit(server: Server, name: string, request: Request): Promise<Run> {
  try {
    return await server.client.runs.submit({ ...request, agent: name })
  }
  catch (error) {
    if (!(error instanceof AgentOSError) || error.code !== 'NOT_FOUND')
      throw error
  }
  const manifest = await findManifest(name, loadConfig(process.env).projectDir)
  return server.client.runs.submit({ ...request, manifest })
}

function detach(run: Run, server: Server, options: RunOptions): number {
  const next = `agentos logs -f ${run.id}`
  process.stdout.write(options.json ? `${JSON.stringify({ runId: run.id })}\n` : `${run.id}  ${pc.dim(`${server.url}/runs/${run.id}   ${next}`)}\n`)
  return 0
}

async function leave(server: Server, options: RunOptions): Promise<void> {
  if (server.embedded) {
    await finishOthers(server, options)
    await server.client.close()
    await server.embedded.stop()
  }
  else {
    await server.client.close()
  }
}

/** Other commands may have found this embedded server and given it runs: it stays until those have ended. */
async function finishOthers(server: Server, options: RunOptions): Promise<void> {
  for (let said = false; ; said = true) {
    const { runs } = await server.client.runs.list({ statuses: ['queued', 'running'], limit: 1 })
    const other = runs[0]
    if (!other || process.exitCode === 130)
      return
    if (!said && !options.json)
      process.stderr.write(pc.dim(`other runs use this server (${other.id}); it ends with them\n`))
    await server.client.runs.result(other.id)
  }
}
