import type { NewEvent } from '../src/domain/event.ts'
import type { ScriptStep } from '../src/domain/manifest/manifest.ts'
import type { IsolationLevel } from '../src/domain/run.ts'
import type { RunLimits, RunUsage } from '../src/domain/views/run.ts'
import type { ExecutorHost, ExecutorHostOptions, LostRun } from '../src/executor/host.ts'
import type { LlmWork, ReplyValue, StartRun } from '../src/executor/protocol/input.ts'
import type { ExecutorAsk, RunOutcome } from '../src/executor/protocol/output.ts'
import type { SandboxWay } from '../src/executor/sandbox/layout.ts'
import { createHash } from 'node:crypto'
import { chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { delegateCgroup } from '../src/executor/delegate-cgroup.ts'
import { createExecutorHost } from '../src/executor/host.ts'
import { SANDBOX_WAYS } from '../src/executor/sandbox/layout.ts'
import { findProgram } from '../src/executor/sandbox/programs.ts'

/** A real executor with real sandboxes, and the least of a worker that answers it. */

export const runAs = process.getuid!() === 0 ? { uid: 65534, gid: 65534 } : null
const MiB = 1024 * 1024

/** The ways into a sandbox that this machine has; the other one is named, so that nobody thinks that it was tested. */
export function testedWays(): SandboxWay[] {
  const hasBubblewrap = findProgram('bwrap') !== null
  if (!hasBubblewrap)
    console.warn('bubblewrap is not installed: its way into the sandbox is not tested here')
  return SANDBOX_WAYS.filter(way => way !== 'bubblewrap' || hasBubblewrap)
}

/** Whether limits can be kept and processes killed by control groups here; where not, it is said that this is not tested. */
export async function canDivideCgroups(): Promise<boolean> {
  const { cgroup } = await delegateCgroup(runAs)
  await cgroup?.release()
  const can = cgroup !== null && Object.values(cgroup.tree).every(folder => folder !== null)
  if (!can)
    console.warn('no control groups may be made here: what they keep is not tested')
  return can
}

/** `cgroups`: with control groups, where this machine lets us have some. */
export async function startExecutor(o: Partial<ExecutorHostOptions> & { cgroups?: boolean } = {}): Promise<ExecutorHost & AsyncDisposable> {
  const { cgroups = false, ...options } = o
  const { cgroup } = cgroups ? await delegateCgroup(runAs) : { cgroup: null }
  const host = createExecutorHost({ runAs, cgroup, engines: [], ...options })
  await host.start()
  const dispose = async () => {
    await host.stop()
    await cgroup?.release()
  }
  return Object.assign(host, { [Symbol.asyncDispose]: dispose })
}

export interface TestRun {
  steps?: (string | Partial<ScriptStep>)[]
  verify?: string[]
  llm?: { turns: ModelTurn[], tools?: ('shell' | 'files')[], servers?: LlmWork['servers'], workerTools?: LlmWork['workerTools'], instructions?: string, resume?: LlmWork['resume'] }
  /** Somebody else's agent that speaks ACP. */
  acp?: { argv: string[], prompt: string }
  done?: StartRun['work']['done']
  task?: string
  inputs?: Record<string, string | number | boolean>
  level?: IsolationLevel
  limits?: Partial<RunLimits>
  sandbox?: Partial<StartRun['sandbox']>
  spoolPath?: string
  commandTimeoutMs?: number
  graceMs?: number
  runId?: string
  /** Prepares the workspace, by its host path. */
  prepare?: (workspacePath: string) => void
  /** Answers an ask in the worker's stead; undefined: the ordinary answer. */
  onAsk?: (ask: ExecutorAsk) => Promise<ReplyValue> | undefined
  onEvent?: (event: NewEvent) => void | Promise<void>
  onUsage?: (usage: RunUsage) => void
  signal?: AbortSignal
}

/** What a scripted model answers: to the messages so far, or by throwing. */
export type ModelTurn = { text?: string, toolCalls?: { id: string, tool: string, input: unknown }[], finish?: string } | (() => never)

export interface TestOutcome {
  outcome: RunOutcome | LostRun
  /** Sent and recorded events in the order in which they came; `kind` says which. */
  events: NewEvent[]
  /** The asks between them, events and asks in one order: `event:step.output`, `ask:record`. */
  trace: string[]
  asks: ExecutorAsk[]
  /** What it asked to keep, as it lay in the spool folder then. */
  kept: KeptFile[]
  workspacePath: string
}

export type KeptFile = Extract<ExecutorAsk, { kind: 'keep' }> & { sha256: string, sizeBytes: number }

let runs = 0

export async function performRun(host: ExecutorHost, o: TestRun): Promise<TestOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'agentos-run-'))
  const workspacePath = o.sandbox?.workspacePath ?? join(folder, 'workspace')
  const homePath = join(folder, 'home')
  const spoolPath = join(folder, 'spool')
  for (const path of [folder, workspacePath, homePath, spoolPath]) {
    mkdirSync(path, { recursive: true })
    if (runAs)
      chownSync(path, runAs.uid, runAs.gid)
  }
  o.prepare?.(workspacePath)
  const events: NewEvent[] = []
  const trace: string[] = []
  const asks: ExecutorAsk[] = []
  const kept: KeptFile[] = []
  const turns = [...o.llm?.turns ?? []]
  const keep = (event: NewEvent) => {
    events.push(event)
    trace.push(`event:${event.type}`)
    return o.onEvent?.(event)
  }
  const outcome = await host.run(startOf(o, { workspacePath, homePath, spoolPath }), {
    async events(list) {
      await Promise.all(list.map(keep))
    },
    usage: usage => o.onUsage?.(usage),
    async ask(ask) {
      asks.push(ask)
      trace.push(`ask:${ask.kind}`)
      const answer = await o.onAsk?.(ask)
      if (answer)
        return answer
      if (ask.kind === 'record') {
        for (const event of ask.events)
          await keep(event as NewEvent) // The host has parsed it.
        return { kind: 'recorded' }
      }
      if (ask.kind === 'command' || ask.kind === 'permit')
        return { kind: 'decision', allow: true }
      if (ask.kind === 'keep') {
        const bytes = ask.file === null ? Buffer.alloc(0) : readFileSync(join(o.spoolPath ?? spoolPath, ask.file))
        kept.push({ ...ask, sha256: sha256Of(bytes), sizeBytes: bytes.length })
        return { kind: 'recorded' }
      }
      const turn = turns.shift() ?? { text: 'done' }
      const said = typeof turn === 'function' ? turn() : turn
      return { kind: 'model', text: said.text ?? '', toolCalls: said.toolCalls ?? [], finish: said.finish ?? (said.toolCalls ? 'tool_calls' : 'stop') }
    },
  }, o.signal)
  rmSync(folder, { recursive: true, force: true })
  return { outcome, events, trace, asks, kept, workspacePath }
}

type DataOf<T extends NewEvent['type']> = Extract<NewEvent, { type: T }>['data']

export function dataOf<T extends NewEvent['type']>(events: NewEvent[], type: T): DataOf<T>[] {
  return events.filter(event => event.type === type).map(event => event.data as DataOf<T>) // By its type.
}

export function outputOf(events: NewEvent[], stream: 'stdout' | 'stderr' = 'stdout'): string {
  return dataOf(events, 'step.output').filter(data => data.stream === stream).map(data => data.text).join('')
}

/** The processes of this machine whose command line holds a word, found independently of the executor. */
export function findByCommandLine(word: string): number[] {
  return readdirSync('/proc').filter(name => /^\d+$/.test(name)).filter((pid) => {
    try {
      const isZombie = readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ')
      return !isZombie && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(word)
    }
    catch {
      return false // It has ended meanwhile.
    }
  }).map(Number)
}

/** Resolves when `isTrue` is; the test's own time limit is the bound. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue())
    await new Promise(resolve => setTimeout(resolve, 10))
}

export function stepOf(step: string | Partial<ScriptStep>, index: number): ScriptStep {
  const given = typeof step === 'string' ? { run: step } : step
  return {
    name: `step ${index + 1}`,
    run: 'true',
    timeoutMs: null,
    retry: { attempts: 1, delayMs: 0 },
    if: null,
    continueOnError: false,
    idempotent: false,
    secrets: [],
    ...given,
  }
}

export function sha256Of(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function startOf(o: TestRun, { workspacePath, homePath, spoolPath }: Record<'workspacePath' | 'homePath' | 'spoolPath', string>): StartRun {
  const shared = { task: o.task ?? 'a task', inputs: o.inputs ?? {}, verify: (o.verify ?? []).map(stepOf), firstCheck: o.llm ? 0 : (o.steps ?? []).length, done: o.done ?? [] }
  return {
    type: 'run.start',
    runId: o.runId ?? `test-${process.pid}-${++runs}`,
    attempt: 1,
    firstStep: 1,
    work: o.llm
      ? { ...shared, runtime: 'llm', instructions: o.llm.instructions ?? 'Be careful.', tools: o.llm.tools ?? ['shell', 'files'], workerTools: o.llm.workerTools ?? [], servers: o.llm.servers ?? [], resume: o.llm.resume ?? null }
      : o.acp
        ? { ...shared, runtime: 'acp', ...o.acp, firstCheck: 1, mode: null, session: null, mustLoad: false, isAgain: false }
        : { ...shared, runtime: 'script', steps: (o.steps ?? []).map(stepOf) },
    sandbox: { level: o.level ?? 'sandbox', workspacePath, workspaceMode: 'read-write', hidden: [], homePath, network: 'none', ownFolders: [workspacePath, homePath], loopback: [], programs: [], path: [], image: null, env: {}, ...o.sandbox },
    spoolPath: o.spoolPath ?? spoolPath,
    limits: {
      timeMs: 60_000,
      steps: 50,
      memoryBytes: 1024 * MiB,
      outputBytes: 10 * MiB,
      diskBytes: 1024 * MiB,
      processes: 64,
      files: 1024,
      cpu: 1,
      cpuTimeMs: null,
      tokens: null,
      costUsd: null,
      ...o.limits,
    },
    commandTimeoutMs: o.commandTimeoutMs ?? 30_000,
    graceMs: o.graceMs ?? 300,
  }
}
