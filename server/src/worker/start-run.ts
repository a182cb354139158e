import type { SoFar } from '../domain/resume/so-far.ts'
import type { IsolationLevel } from '../domain/run.ts'
import type { AcpWork, LlmWork, SandboxSpec, StartRun } from '../executor/protocol/input.ts'
import type { ClaimedRun } from '../queue/port.ts'
import type { RunAccess } from './run-access.ts'
import type { WorkerTools } from './tools/worker-tools.ts'
import type { Workspace } from './workspace/prepare-workspace.ts'
import { fillTemplate } from '../domain/manifest/inputs.ts'
import { effectPolicy, firstCheck } from '../domain/resume/settle.ts'

export interface StartOptions {
  claimed: ClaimedRun
  /** What earlier attempts have done; null for the first one. */
  soFar: SoFar | null
  tools: Pick<WorkerTools, 'specs'>
  workspace: Workspace
  level: IsolationLevel
  /** What its loopback leads to. */
  access: Pick<RunAccess, 'loopback' | 'env'>[]
  programs: Pick<SandboxSpec, 'programs' | 'path'>
  /** For a command that names no timeout of its own. */
  commandTimeoutMs: number
  /** The most that the server gives any run. */
  maxSteps: number
  graceMs: number
}

/** What the executor is told of a run: no key of a provider, no path but its own, no setting of the server. */
export function startRun(o: StartOptions): StartRun {
  const { claimed: { run, agent, ref }, soFar, tools, workspace, access, programs, level, commandTimeoutMs, maxSteps, graceMs } = o
  return {
    type: 'run.start',
    runId: run.id,
    attempt: ref.attempt,
    firstStep: run.steps + 1,
    work: workOf({ run, agent, tools }, soFar, level),
    sandbox: {
      level,
      workspacePath: workspace.workspacePath,
      workspaceMode: workspace.workspaceMode,
      hidden: workspace.hidden,
      ownFolders: workspace.how === 'mounted' ? [workspace.homePath] : [workspace.workspacePath, workspace.homePath],
      homePath: workspace.homePath,
      network: agent.manifest.network,
      loopback: access.flatMap(({ loopback }) => loopback),
      programs: programs.programs,
      path: programs.path,
      image: agent.manifest.image,
      env: Object.assign({ AGENTOS_ATTEMPT: String(ref.attempt) }, ...access.map(({ env }) => env)),
    },
    spoolPath: workspace.spoolPath,
    // In a conversation each answer may take as many.
    limits: { ...run.limits, steps: Math.min(run.limits.steps, maxSteps) + (run.isChat ? run.steps : 0) },
    commandTimeoutMs,
    graceMs,
  }
}

type About = Pick<ClaimedRun, 'run' | 'agent'> & Pick<StartOptions, 'tools'>

function workOf(about: About, soFar: SoFar | null, level: IsolationLevel): StartRun['work'] {
  const { run, agent: { manifest } } = about
  const base = { task: run.task, inputs: run.inputs, verify: run.isChat ? [] : manifest.verify, firstCheck: firstCheck(manifest), done: soFar?.done ?? [] }
  switch (manifest.runtime) {
    case 'llm': return { runtime: 'llm', ...base, ...llmWork(about, soFar) }
    case 'command': return { runtime: 'command', ...base, argv: argvOf(about), parse: manifest.agent!.parse } // Parsing asks for an agent with these runtimes.
    case 'acp': return { runtime: 'acp', ...base, argv: argvOf(about), ...acpWork(about, soFar, level) }
    case 'script': return { runtime: 'script', ...base, steps: manifest.steps }
  }
}

function llmWork({ run, agent: { manifest }, tools }: About, soFar: SoFar | null): Pick<LlmWork, 'instructions' | 'tools' | 'workerTools' | 'servers' | 'resume'> {
  return {
    instructions: fillTemplate(manifest.instructions, { task: run.task, inputs: run.inputs }),
    tools: manifest.tools.filter(tool => tool !== 'fetch'),
    workerTools: tools.specs,
    servers: Object.entries(manifest.mcp).flatMap(([name, server]) => server.kind === 'stdio' ? [{ name, ...server }] : []),
    resume: soFar && { messages: soFar.messages, turn: soFar.turn, isAnswered: soFar.isAnswered },
  }
}

function acpWork({ run, agent: { manifest } }: About, soFar: SoFar | null, level: IsolationLevel): Pick<AcpWork, 'prompt' | 'mode' | 'session' | 'mustLoad' | 'isAgain'> {
  const isOpen = soFar?.open.some(({ place }) => place === 0) === true
  return {
    prompt: run.task || 'Do what your instructions say.',
    mode: manifest.agent!.mode, // As above.
    session: soFar?.session ?? null,
    mustLoad: isOpen && effectPolicy(manifest, level) === 'ask',
    isAgain: soFar?.needsWorkspace === true,
  }
}

function argvOf({ run, agent: { manifest } }: About): string[] {
  const { command, args } = manifest.agent! // Parsing asks for it with this runtime.
  return [command, ...args.map(arg => fillTemplate(arg, { task: run.task, inputs: run.inputs }))]
}
