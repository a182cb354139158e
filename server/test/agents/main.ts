/**
 * `npm run test:agents [-- NAME…]`: real command-line agents, installed from npm into the folder that is the first argument, work in
 * the sandbox of a real server with no network and a placeholder key, against a scripted model. Each is told to run one command in its
 * shell; the file that this writes is what counts, not what the agent says. Each does it with its output read (`parse`) and, where it
 * speaks it, over ACP with what it asks for allowed, by the manifest and by a person; it is denied, stopped in the middle, and has no
 * budget left. Exits 1 when one of them failed.
 */
import type { RunEvent } from '../../src/domain/event.ts'
import type { AppRouter } from '../../src/router/router.ts'
import type { RealAgent } from './agents.ts'
import type { Way } from './judge.ts'
import { readFileSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { createTRPCClient, httpLink } from '@trpc/client'
import { stringify } from 'yaml'
import { startApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config/config.ts'
import { isFinal } from '../../src/domain/run.ts'
import { findMarked, listProcesses } from '../../src/executor/sandbox/processes.ts'
import { runUser } from '../../src/worker/workspace/place.ts'
import { AGENTS } from './agents.ts'
import { BUDGET_TOKENS, problemsOf, WAYS } from './judge.ts'
import { startScriptedServer } from './scripted-server.ts'

const KEY = 'sk-canary-that-no-agent-may-see-4711'
const WORD = 'written by an agent'
/** What the agent's own shell does: it writes the file, and all that could hold the key where the test can read it unredacted. */
const COMMAND = `echo ${WORD} >agent.txt; { env; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline; } 2>/dev/null | tr '\\0' '\\n' >seen.txt; find /home /tmp /run -type f -exec cat {} + >>seen.txt 2>/dev/null; true`

const say = (line: string) => process.stdout.write(`${line}\n`)

const [programsDir = '', ...names] = process.argv.slice(2)
const chosen = AGENTS.filter(({ name }) => names.length === 0 || names.includes(name))
const base = await mkdtemp(join(tmpdir(), 'agentos-agents-'))
await chmod(base, 0o711) // For the user that runs are executed as.
const scripted = await startScriptedServer()
const app = await startApp(loadConfig({
  AGENTOS_PORT: '0',
  AGENTOS_LOG_LEVEL: 'warn',
  AGENTOS_DATA_DIR: join(base, 'data'),
  AGENTOS_WORKSPACE_ROOTS: base,
  AGENTOS_PROGRAMS_DIR: programsDir,
  OPENAI_API_KEY: KEY,
  OPENAI_BASE_URL: `${scripted.url}/v1`,
  ANTHROPIC_API_KEY: KEY,
  ANTHROPIC_BASE_URL: scripted.url,
  GEMINI_API_KEY: KEY,
  GEMINI_BASE_URL: scripted.url,
}), { quiet: true })
const client = createTRPCClient<AppRouter>({ links: [httpLink({ url: `${app.url}/trpc`, headers: { authorization: `Bearer ${app.credential}` } })] })

let tried = 0
let failed = 0
for (const agent of chosen) {
  for (const way of WAYS.filter(way => agent.acp || !way.startsWith('acp'))) {
    const startedAt = Date.now()
    const problems = await tryAgent(agent, way)
    say(`${problems.length === 0 ? 'passed' : 'FAILED'}  ${agent.npmPackage.padEnd(36)} ${way.padEnd(17)} ${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s`)
    problems.forEach(problem => say(`        ${problem}`))
    tried++
    failed += problems.length > 0 ? 1 : 0
  }
}
await app.stop()
await scripted.stop()
await rm(base, { recursive: true, force: true })
say(`${tried - failed} passed, ${failed} failed`)
process.exit(failed === 0 && chosen.length > 0 ? 0 : 1)

async function tryAgent(agent: RealAgent, way: Way): Promise<string[]> {
  const workspace = join(base, `${agent.name}-${way.replaceAll(' ', '-')}`)
  await mkdir(workspace)
  for (const [name, text] of Object.entries(agent.files ?? {})) {
    await mkdir(dirname(join(workspace, name)), { recursive: true })
    await writeFile(join(workspace, name), text)
  }
  const user = runUser()
  if (user)
    await chown(workspace, user.uid, user.gid)
  scripted.requests.length = 0
  const isStopped = way.endsWith('stopped')
  scripted.command = isStopped ? 'echo it has begun; sleep 1000' : COMMAND
  const run = await client.runs.submit.mutate({ manifest: { source: manifestOf(agent, way, workspace) }, task: 'Write the file that you are told to.' })
  const problem = isStopped ? await stopInTheMiddle(run.id) : way === 'acp asked' ? await sayYes(run.id) : null
  if (problem)
    return [problem, ...outputOf(await logOf(run.id))]
  const events = await logOf(run.id)
  const problems = await problemsOf({ way, runId: run.id, events, workspace, word: WORD, key: KEY, scripted })
  return problems.length === 0 ? [] : [...problems, ...outputOf(events)]
}

/** As a person would, while the agent's process waits: reads what is asked, and allows exactly that, once. */
async function sayYes(runId: string): Promise<string | null> {
  for (let waitedMs = 0; waitedMs < 120_000; waitedMs += 200) {
    const [asked] = (await client.approvals.list.query({ run: runId })).approvals
    const { status } = await client.runs.get.query({ run: runId })
    if (asked && !asked.action.includes(WORD))
      return stopped(runId, `it was asked about something else: ${asked.action}`)
    if (asked) {
      await client.approvals.decide.mutate({ approval: asked.id, digest: asked.digest, as: 'once', note: 'as it was told to' })
      return null
    }
    if (isFinal(status))
      return 'its run ended with nobody asked'
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  return stopped(runId, 'nobody was asked')
}

async function stopped(runId: string, problem: string): Promise<string> {
  await client.runs.stop.mutate({ run: runId })
  return problem
}

/** Once its shell is at work. */
async function stopInTheMiddle(runId: string): Promise<string | null> {
  for (let waitedMs = 0; waitedMs < 180_000; waitedMs += 200) {
    if (findMarked(`AGENTOS_RUN=${runId}`, listProcesses()).some(({ pid }) => commandLineOf(pid).startsWith('sleep'))) {
      await client.runs.stop.mutate({ run: runId })
      return null
    }
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  return stopped(runId, 'its shell never began')
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
  }
  catch {
    return '' // it has ended
  }
}

function manifestOf({ name, model, programs, env, argv, parse, acp }: RealAgent, way: Way, workspace: string): string {
  const isAcp = way.startsWith('acp')
  const words = isAcp ? acp!.argv : argv // Only those ways of it are tried.
  return stringify({
    name: `real-${name}-${way.replaceAll(' ', '-')}`,
    runtime: isAcp ? 'acp' : 'command',
    model,
    cost: 'unmetered',
    programs: isAcp ? acp!.programs : programs,
    // Its settings, by the program that sets an environment.
    agent: { command: 'env', args: [...Object.entries({ ...env, ...isAcp && acp!.env }).map(([key, value]) => `${key}=${value}`), ...words], ...(!isAcp ? { parse } : acp!.mode ? { mode: acp!.mode } : {}) },
    ...isAcp && { approvals: { agent: way === 'acp denied' ? 'deny' : way === 'acp asked' ? 'ask' : 'auto' } },
    workspace: { from: workspace, mode: 'mount-read-write' },
    isolation: 'sandbox',
    limits: { time: '5m', memory: '8GiB', processes: 512, files: 4096, output: '50MiB', ...way === 'parse over budget' && { tokens: BUDGET_TOKENS } },
    ...(way === 'parse' || way === 'acp' || way === 'acp asked') && { verify: [{ run: `grep -qx '${WORD}' agent.txt` }] },
  })
}

async function logOf(runId: string): Promise<RunEvent[]> {
  const events: RunEvent[] = []
  for (;;) {
    const page = await client.events.list.query({ runId, after: events.at(-1)?.seq ?? 0 })
    events.push(...page as RunEvent[]) // As it was written; JSON makes the type of what is unknown optional.
    if (events.at(-1)?.type === 'run.ended')
      return events
    if (page.length === 0)
      await new Promise(resolve => setTimeout(resolve, 200))
  }
}

function outputOf(events: RunEvent[]): string[] {
  const text = events.flatMap(({ type, data }) => type === 'step.output' || type === 'agent.message' || type === 'tool.output' ? [data.text] : type === 'run.ended' || type === 'tool.finished' ? [JSON.stringify(data)] : []).join('\n')
  const requests = scripted.requests.map(({ path, tools }) => `${path} (${tools.length} tools)`)
  return [`it wrote: ${text.slice(-3000)}`, `it asked: ${requests.join(', ') || 'nothing'}`]
}
