/**
 * `npm run test:agents [-- NAME…]`: real command-line agents, installed from npm into the folder that is the first argument, work in
 * the sandbox of a real server with no network and a placeholder key, against a scripted model. Each is told to run one command in its
 * shell; the file that this writes is what counts, not what the agent says. Exits 1 when one of them failed.
 */
import type { RunEvent } from '../../src/domain/event.ts'
import type { AppRouter } from '../../src/router/router.ts'
import type { RealAgent } from './agents.ts'
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { createTRPCClient, httpLink } from '@trpc/client'
import { stringify } from 'yaml'
import { startApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config/config.ts'
import { runUser } from '../../src/worker/workspace/place.ts'
import { AGENTS } from './agents.ts'
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
const scripted = await startScriptedServer(COMMAND)
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

let failed = 0
for (const agent of chosen) {
  const startedAt = Date.now()
  const problems = await tryAgent(agent)
  say(`${problems.length === 0 ? 'passed' : 'FAILED'}  ${agent.npmPackage.padEnd(36)} ${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s`)
  problems.forEach(problem => say(`        ${problem}`))
  failed += problems.length > 0 ? 1 : 0
}
await app.stop()
await scripted.stop()
await rm(base, { recursive: true, force: true })
say(`${chosen.length - failed} passed, ${failed} failed`)
process.exit(failed === 0 && chosen.length > 0 ? 0 : 1)

async function tryAgent(agent: RealAgent): Promise<string[]> {
  const workspace = join(base, agent.name)
  await mkdir(workspace)
  for (const [name, text] of Object.entries(agent.files ?? {})) {
    await mkdir(dirname(join(workspace, name)), { recursive: true })
    await writeFile(join(workspace, name), text)
  }
  const user = runUser()
  if (user)
    await chown(workspace, user.uid, user.gid)
  scripted.requests.length = 0
  const run = await client.runs.submit.mutate({ manifest: { source: manifestOf(agent, workspace) }, task: 'Write the file that you are told to.' })
  const events = await logOf(run.id)
  const end = events.at(-1)!
  const answers = events.flatMap(({ type, data }) => type === 'model.responded' ? [data] : [])
  const seen = await readFile(join(workspace, 'seen.txt'), 'utf8').catch(() => '')
  const held = { key: `${JSON.stringify(events)}${seen}`.includes(KEY), shell: seen.includes('AGENTOS_RUN=') }
  return [
    ...(end.type === 'run.ended' && end.data.status === 'succeeded' ? [] : [`its run: ${JSON.stringify(end.data)}`, ...outputOf(events)]),
    ...((await readFile(join(workspace, 'agent.txt'), 'utf8').catch(() => '')) === `${WORD}\n` ? [] : ['the file that its shell was to write is not there']),
    ...(held.shell ? [] : ['its shell did not look for the key']),
    ...(held.key ? ['the key of the provider is in the sandbox or in the log'] : []),
    ...(answers.some(({ usage }) => usage.inputTokens === 11 && usage.outputTokens === 7) ? [] : ['the log has no answer of the model with its usage']),
    ...(scripted.requests.length > 0 && scripted.requests.every(({ key }) => key === KEY) ? [] : ['the provider was not shown its key']),
    ...(events.some(({ type, data }) => type === 'sandbox.opened' && data.level === 'sandbox' && data.network === 'none') ? [] : ['it was not in a sandbox with no network']),
  ]
}

function manifestOf({ name, model, programs, env, argv }: RealAgent, workspace: string): string {
  return stringify({
    name: `real-${name}`,
    runtime: 'command',
    model,
    programs,
    // Its settings, by the program that sets an environment.
    agent: { command: 'env', args: [...Object.entries(env).map(([key, value]) => `${key}=${value}`), ...argv] },
    workspace: { from: workspace, mode: 'mount-read-write' },
    isolation: 'sandbox',
    limits: { time: '5m', memory: '8GiB', processes: 512, files: 4096, output: '50MiB' },
    verify: [{ run: `grep -qx '${WORD}' agent.txt` }],
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
  const text = events.flatMap(({ type, data }) => type === 'step.output' ? [data.text] : []).join('')
  const requests = scripted.requests.map(({ path, tools }) => `${path} (${tools.length} tools)`)
  return [`it wrote: ${text.slice(-3000)}`, `it asked: ${requests.join(', ') || 'nothing'}`]
}
