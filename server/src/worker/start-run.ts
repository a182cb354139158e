import type { SoFar } from '../domain/resume/so-far.ts'
import type { IsolationLevel } from '../domain/run.ts'
import type { LlmWork, SandboxSpec, StartRun } from '../executor/protocol/input.ts'
import type { ClaimedRun } from '../queue/port.ts'
import type { RunAccess } from './run-access.ts'
import type { Workspace } from './workspace/prepare-workspace.ts'
import { fillTemplate } from '../domain/manifest/inputs.ts'
import { firstCheck } from '../domain/resume/settle.ts'

export interface StartOptions {
  claimed: ClaimedRun
  /** What earlier attempts have done; null for the first one. */
  soFar: SoFar | null
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
  const { claimed: { run, agent, ref }, soFar, workspace, access, programs, level, commandTimeoutMs, maxSteps, graceMs } = o
  return {
    type: 'run.start',
    runId: run.id,
    attempt: ref.attempt,
    firstStep: run.steps + 1,
    work: workOf({ run, agent }, soFar),
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
    limits: { ...run.limits, steps: Math.min(run.limits.steps, maxSteps) },
    commandTimeoutMs,
    graceMs,
  }
}

type About = Pick<ClaimedRun, 'run' | 'agent'>

function workOf(about: About, soFar: SoFar | null): StartRun['work'] {
  const { run, agent: { manifest } } = about
  const base = { task: run.task, inputs: run.inputs, verify: manifest.verify, firstCheck: firstCheck(manifest), done: soFar?.done ?? [] }
  switch (manifest.runtime) {
    case 'llm': return { runtime: 'llm', ...base, ...llmWork(about, soFar) }
    case 'command': return { runtime: 'command', ...base, argv: argvOf(about) }
    default: return { runtime: 'script', ...base, steps: manifest.steps } // acp is refused before a run starts
  }
}

function llmWork({ run, agent: { manifest } }: About, soFar: SoFar | null): Pick<LlmWork, 'instructions' | 'tools' | 'resume'> {
  return {
    instructions: fillTemplate(manifest.instructions, { task: run.task, inputs: run.inputs }),
    tools: manifest.tools.filter(tool => tool !== 'fetch'),
    resume: soFar && { messages: soFar.messages, turn: soFar.turn, isAnswered: soFar.isAnswered },
  }
}

function argvOf({ run, agent: { manifest } }: About): string[] {
  const { command, args } = manifest.agent! // Parsing asks for it with this runtime.
  return [command, ...args.map(arg => fillTemplate(arg, { task: run.task, inputs: run.inputs }))]
}
