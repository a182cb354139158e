import type { IsolationLevel } from '../domain/run.ts'
import type { CommandWork, LlmWork, SandboxSpec, ScriptWork, StartRun } from '../executor/protocol/input.ts'
import type { ClaimedRun } from '../queue/port.ts'
import type { RunAccess } from './run-access.ts'
import type { Workspace } from './workspace/prepare-workspace.ts'
import { fillTemplate } from '../domain/manifest/inputs.ts'

export interface StartOptions {
  claimed: ClaimedRun
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
export function startRun({ claimed: { run, agent, ref }, workspace, access, programs, level, commandTimeoutMs, maxSteps, graceMs }: StartOptions): StartRun {
  return {
    type: 'run.start',
    runId: run.id,
    attempt: ref.attempt,
    firstStep: run.steps + 1,
    work: workOf({ run, agent }),
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
      env: Object.assign({}, ...access.map(({ env }) => env)),
    },
    spoolPath: workspace.spoolPath,
    limits: { ...run.limits, steps: Math.min(run.limits.steps, maxSteps) },
    commandTimeoutMs,
    graceMs,
  }
}

function workOf(claimed: Pick<ClaimedRun, 'run' | 'agent'>): StartRun['work'] {
  switch (claimed.agent.manifest.runtime) {
    case 'llm': return llmWork(claimed)
    case 'command': return commandWork(claimed)
    default: return scriptWork(claimed) // acp is refused before a run starts
  }
}

function scriptWork({ run, agent }: Pick<ClaimedRun, 'run' | 'agent'>): ScriptWork {
  const { steps, verify } = agent.manifest
  return { runtime: 'script', task: run.task, inputs: run.inputs, steps, verify }
}

function llmWork({ run, agent }: Pick<ClaimedRun, 'run' | 'agent'>): LlmWork {
  const { tools, verify } = agent.manifest
  const instructions = fillTemplate(agent.manifest.instructions, { task: run.task, inputs: run.inputs })
  return { runtime: 'llm', task: run.task, inputs: run.inputs, instructions, tools: tools.filter(tool => tool !== 'fetch'), verify }
}

function commandWork({ run, agent }: Pick<ClaimedRun, 'run' | 'agent'>): CommandWork {
  const { agent: program, verify } = agent.manifest
  const { command, args } = program! // Parsing asks for it with this runtime.
  return { runtime: 'command', task: run.task, inputs: run.inputs, argv: [command, ...args.map(arg => fillTemplate(arg, { task: run.task, inputs: run.inputs }))], verify }
}
