import type { RunEvent } from '../../src/domain/event.ts'
import type { Price } from '../../src/domain/price.ts'
import type { IsolationLevel } from '../../src/domain/run.ts'
import type { RunView } from '../../src/domain/views/run.ts'
import type { ExecutorHost } from '../../src/executor/host.ts'
import type { ModelSettings } from '../../src/models/providers.ts'
import type { NetworkSettings } from '../../src/worker/run-network.ts'
import type { Turn } from './scripted-model.ts'
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { decideApproval } from '../../src/approvals/decide.ts'
import { createArtifacts } from '../../src/artifacts/artifacts.ts'
import { parseManifest } from '../../src/domain/manifest/parse.ts'
import { follow } from '../../src/events/follow.ts'
import { createEventLog } from '../../src/events/log.ts'
import { createNotifier } from '../../src/events/notifier.ts'
import { createExecutorHost } from '../../src/executor/host.ts'
import { createGateway } from '../../src/models/gateway.ts'
import { cancel } from '../../src/queue/cancel.ts'
import { createEmbeddedQueue } from '../../src/queue/embedded.ts'
import { settle } from '../../src/queue/settle.ts'
import { submit } from '../../src/queue/submit.ts'
import { createStreamSealer } from '../../src/secrets/seal-stream.ts'
import { createVault } from '../../src/secrets/vault.ts'
import { ensureOwner } from '../../src/store/actor.ts'
import { findAgent, saveAgent } from '../../src/store/agents.ts'
import { listApprovals } from '../../src/store/approvals.ts'
import { openDatabase } from '../../src/store/database.ts'
import { findRun } from '../../src/store/runs.ts'
import { createWorker } from '../../src/worker/worker.ts'
import { runUser } from '../../src/worker/workspace/place.ts'
import { NO_MODELS } from './no-models.ts'
import { startScriptedModel } from './scripted-model.ts'

export interface OpenWorkerOptions {
  /** How the proxy of runs resolves and judges, where a test has only this machine to connect to. */
  network?: Partial<NetworkSettings>
  turns?: Turn[]
  /** In place of the scripted model. */
  models?: ModelSettings
  prices?: Record<string, Price>
  slots?: number
  executors?: number
  drainMs?: number
  /** Of a worker before this one. */
  base?: string
  /** What is installed for agents; else a folder of its own. */
  programsDir?: string
  /** Whoever opens it stops it; else it ends with the test. */
  isShared?: boolean
}

interface Asked { task?: string, inputs?: Record<string, string>, workspace?: string, isolation?: IsolationLevel, timeMs?: number, delayMs?: number }

export type TestWorker = Awaited<ReturnType<typeof openWorker>>

export const GATEWAY_KEY = 'sk-canary-of-the-gateway'

/** A worker with everything real but the model, in a folder of its own. */
export async function openWorker(o: OpenWorkerOptions = {}) {
  const base = o.base ?? await makeBase()
  if (!o.isShared && o.base === undefined)
    onTestFinished(() => rm(base, { recursive: true, force: true }))
  const dataDir = join(base, 'data')
  const workspacesPath = join(dataDir, 'workspaces')
  await mkdir(workspacesPath, { recursive: true, mode: 0o711 })
  const databaseUrl = `file:${join(dataDir, 'agentos.db')}`
  const db = await openDatabase({ databaseUrl, dataDir })
  const actor = await ensureOwner(db)
  const notifier = createNotifier()
  const log = createEventLog(db, notifier)
  const scripted = await startScriptedModel(o.turns ?? [{ say: 'I have nothing to say' }])
  const gateway = createGateway(o.models ?? {
    ...NO_MODELS,
    ...o.prices && { prices: { version: 'test', models: o.prices } },
    openai: { apiKey: GATEWAY_KEY, baseUrl: scripted.baseUrl, speaks: null },
  })
  await gateway.start()
  const vault = createVault({ db, secretKey: 'k'.repeat(43) })
  const hosts: ExecutorHost[] = Array.from({ length: o.executors ?? 1 }, () => createExecutorHost({ runAs: runUser(), engines: [] }))
  const queue = createEmbeddedQueue({ db, notifier, workerId: 'worker-1', slots: o.slots ?? 4 })
  const artifacts = createArtifacts({ path: join(dataDir, 'artifacts'), db })
  const worker = createWorker({
    artifacts,
    sealer: createStreamSealer('k'.repeat(43)),
    db,
    notifier,
    log,
    queue,
    hosts,
    gateway,
    vault,
    ownValues: [{ value: GATEWAY_KEY, shown: '[key]' }],
    rules: { roots: [join(base, 'root')], projectDir: join(base, 'project'), protectedPaths: [dataDir], runUser: runUser() },
    network: { apiPort: () => 4700, apiHosts: [], ...o.network },
    config: { commandTimeoutMs: 60_000, maxSteps: 1000, programsDir: o.programsDir ?? join(base, 'programs') },
    dataFolder: { workspacesPath },
    logger: { info: () => {}, warn: () => {}, error: (about: object, message: string) => console.error(message, about) },
    graceMs: 300,
    ...(o.drainMs !== undefined && { drainMs: o.drainMs }),
  })

  let isStopped = false
  const stop = async ({ keep = false } = {}) => {
    if (isStopped)
      return
    isStopped = true
    await worker.stop()
    await log.stop()
    await db.close()
    await scripted.stop()
    if (o.isShared && !keep)
      await rm(base, { recursive: true, force: true })
  }
  if (!o.isShared)
    onTestFinished(() => stop())
  await worker.start()

  async function run(source: string, asked: Asked = {}): Promise<RunView> {
    const parsed = parseManifest(`name: test\n${source}\n`, { file: 'test.yaml' })
    if (!parsed.ok)
      throw new Error(JSON.stringify(parsed.problems))
    const { manifest, notices } = parsed
    const { agentId } = await saveAgent(db, { actor, name: 'test', source, manifest, notices, path: null })
    const { found: agent } = await findAgent(db, actor.organisationId, agentId)
    return submit({ db, notifier }, {
      actor,
      agent: agent!,
      task: asked.task ?? '',
      inputs: asked.inputs ?? {},
      workspaceFrom: asked.workspace ?? null,
      isolation: asked.isolation ?? null,
      timeMs: asked.timeMs ?? null,
      ...(asked.delayMs !== undefined && { delayMs: asked.delayMs }),
    })
  }

  /** Every event of the run up to the first one that `until` accepts. */
  async function eventsUntil(runId: string, until: (event: RunEvent) => boolean): Promise<RunEvent[]> {
    const seen: RunEvent[] = []
    const done = new AbortController()
    for await (const batch of follow({ db, notifier, runId, after: 0, signal: done.signal })) {
      seen.push(...batch)
      if (seen.some(until)) {
        done.abort()
        break
      }
    }
    return seen
  }

  return {
    base,
    db,
    notifier,
    actor,
    hosts,
    scripted,
    vault,
    worker,
    artifacts,
    workspacesPath,
    run,
    eventsUntil,
    stop,
    root: join(base, 'root'),
    ended: (runId: string) => eventsUntil(runId, ({ type }) => type === 'run.ended'),
    settle: async (runId: string, as: 'done' | 'failed' | 'repeat', note?: string) =>
      settle({ db, notifier }, { actor, run: (await findRun(db, actor.organisationId, runId)).found!, effect: null, as, note: note ?? null }),
    /** Decides the one question that the run has open. */
    decide: async (runId: string, as: 'once' | 'always' | 'deny', given: { digest?: string, note?: string } = {}) => {
      const [approval] = (await listApprovals(db, actor.organisationId, { state: 'pending', runId, limit: 2 })).approvals
      if (!approval)
        throw new Error(`run ${runId} asks nothing`)
      return decideApproval({ db, notifier }, { actor, approval, digest: given.digest ?? approval.digest, as, note: given.note ?? null })
    },
    stopRun: (runId: string) => cancel({ db, notifier }, { actor, runId }),
    view: async (runId: string) => (await findRun(db, actor.organisationId, runId)).found!,
    leftFolders: () => readdir(workspacesPath),
  }
}

export async function temporaryBase(): Promise<string> {
  const base = await makeBase()
  onTestFinished(() => rm(base, { recursive: true, force: true }))
  return base
}

async function makeBase(): Promise<string> {
  const base = await mkdtemp(join(tmpdir(), 'agentos-worker-'))
  await mkdir(join(base, 'root', 'repo'), { recursive: true })
  await writeFile(join(base, 'root', 'repo', 'README.md'), 'hello from the repository\n')
  await chmod(base, 0o755)
  return base
}
