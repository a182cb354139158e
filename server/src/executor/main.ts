import type { StartRun } from './protocol/input.ts'
import type { HostedRun } from './run/host-run.ts'
import type { CgroupTree } from './sandbox/cgroup.ts'
import type { EngineAccess } from './sandbox/engine.ts'
import type { SandboxWay } from './sandbox/layout.ts'
import type { Ground } from './sandbox/probe.ts'
import { flushCompileCache } from 'node:module'
import { Socket } from 'node:net'
import { parseArgs } from 'node:util'
import { createChannel } from './channel.ts'
import { hostRun } from './run/host-run.ts'
import { containerLevel } from './sandbox/engine.ts'
import { SANDBOX_WAYS } from './sandbox/layout.ts'
import { probeGround } from './sandbox/probe.ts'

/**
 * The executor: a process with no authority that hosts the loops of many runs. Everything is loaded by the time it gives its
 * user away, for the new one may not be able to read our folder. It ends when its standard input does.
 *
 *   main.ts [--run-as UID:GID] [--sandbox-by bubblewrap|util-linux] [--cgroups JSON]
 *   main.ts --engine JSON: for runs of level container, as whoever may speak to the engine
 */
const { values } = parseArgs({ options: { 'run-as': { type: 'string' }, 'sandbox-by': { type: 'string', multiple: true }, 'cgroups': { type: 'string' }, 'engine': { type: 'string' } } })

if (values['run-as']) {
  flushCompileCache() // While we may write it.
  becomeUser(values['run-as'])
}
const ways = (values['sandbox-by'] as SandboxWay[] | undefined) ?? [...SANDBOX_WAYS] // The host writes no other.
const cgroups = values.cgroups === undefined ? null : JSON.parse(values.cgroups) as CgroupTree // Likewise.
await serve(values.engine === undefined
  ? await probeGround({ canary: process.env.AGENTOS_PROBE_CANARY ?? '', ways, cgroups })
  : groundOf(JSON.parse(values.engine) as EngineAccess)) // Likewise.

function becomeUser(user: string): void {
  const [uid, gid] = user.split(':').map(Number) as [number, number] // Written so by the host.
  process.setgroups!([])
  process.setgid!(gid)
  process.setuid!(uid)
}

/** The host has asked the engine already. */
function groundOf(access: EngineAccess): Ground {
  return { levels: [containerLevel(access)], cgroups: null, engine: access }
}

async function serve(ground: Ground): Promise<void> {
  const running = new Map<string, HostedRun>()
  let isDraining = false
  let isEnding = false
  const channel = createChannel({
    input: process.stdin,
    // process.stdout would block the whole process while the worker is behind.
    output: new Socket({ fd: 1, readable: false, writable: true }),
    onEnd: () => void end(),
    onMessage: (message) => {
      if (message.type === 'run.start')
        start(message)
      else if (message.type === 'run.cancel')
        running.get(message.runId)?.control.stop({ reason: message.reason, detail: message.detail, canPass: message.reason === 'interrupted' })
      else
        isDraining = true
      endWhenDrained()
    },
  })
  channel.send({ type: 'ready', pid: process.pid, levels: ground.levels })

  function start(message: StartRun): void {
    if (isDraining) {
      channel.send({ type: 'run.finished', runId: message.runId, outcome: { reason: 'interrupted', detail: 'the executor takes no more runs', canPass: true, survivors: 0 } })
      return
    }
    const run = hostRun(message, channel, ground)
    running.set(message.runId, run)
    void run.outcome.then((outcome) => {
      running.delete(message.runId)
      if (!isEnding)
        channel.send({ type: 'run.finished', runId: message.runId, outcome })
      endWhenDrained()
    })
  }

  function endWhenDrained(): void {
    if (isDraining && running.size === 0)
      void end()
  }

  /** Nobody listens any more: end what runs at once. Sandboxes would die with us; level `process` would not. */
  async function end(): Promise<void> {
    if (isEnding)
      return
    isEnding = true
    const outcomes = [...running.values()].map((run) => {
      run.kill()
      return run.outcome
    })
    setTimeout(() => process.exit(0), 3000).unref()
    await Promise.all(outcomes)
    process.exit(0)
  }
}
