import type { Manifest } from '../domain/manifest/manifest.ts'
import type { Redactor } from '../domain/redact/redactor.ts'
import type { IsolationLevel } from '../domain/run.ts'
import type { SandboxSpec } from '../executor/protocol/input.ts'
import type { Gateway } from '../models/gateway.ts'
import type { WirePlace } from '../models/wire/open-wire.ts'
import type { WireFormat } from '../models/wire/route.ts'
import type { OrderedLog } from './ordered-log.ts'
import type { WorkspacePlace } from './workspace/place.ts'
import { Buffer } from 'node:buffer'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MAX_SOCKET_PATH_BYTES } from '../models/wire/open-wire.ts'
import { recordWire } from './record-wire.ts'
import { folderOfRun } from './workspace/prepare-workspace.ts'

export interface ModelAccessOptions {
  gateway: Pick<Gateway, 'openWire'>
  manifest: Pick<Manifest, 'runtime' | 'model' | 'network'>
  runId: string
  level: IsolationLevel
  place: WorkspacePlace
  log: OrderedLog & { step: () => number }
  /** Of what may stand neither in the log nor with a provider. */
  redactor: Redactor
  /** Aborted when the run is to end: its calls end at once. */
  signal: AbortSignal
}

/** How a run's programs come to the models that its manifest names. */
export interface ModelAccess {
  loopback: SandboxSpec['loopback']
  env: Record<string, string>
  /** Resolves when each call is recorded and no more can be made. Idempotent. */
  close: () => Promise<void>
}

/** On the loopback of a sandbox that has one of its own. */
export const MODEL_PORT = 4101

/**
 * Opens the gateway to the programs of one run, when its manifest names models for them (a model's own loop needs none of this). In a
 * sandbox with a loopback of its own it is a socket that is led there; else the programs are on this machine's loopback, where it
 * takes a free port.
 */
export async function openModelAccess({ gateway, manifest, runId, level, place, log, redactor, signal }: ModelAccessOptions): Promise<ModelAccess> {
  if (manifest.runtime === 'llm' || manifest.model.length === 0)
    return NONE
  const hasOwnLoopback = level === 'container' || (level === 'sandbox' && manifest.network !== 'open')
  const socket = hasOwnLoopback ? await placeSocket(folderOfRun(place, runId)) : null
  const at: WirePlace = socket ? { socketPath: socket.path, user: place.runUser } : { port: 0 }
  const wire = await gateway.openWire({ place: at, models: manifest.model, recorder: recordWire(log, redactor), redactor })

  let closing: Promise<void> | null = null
  const close = () => closing ??= wire.close().then(socket?.remove)
  signal.addEventListener('abort', close, { once: true })
  if (signal.aborted)
    await close()
  const port = wire.port ?? MODEL_PORT
  return {
    loopback: socket ? [{ port, socketPath: socket.path }] : [],
    env: environmentOf(wire.formats, `http://127.0.0.1:${port}`, wire.token),
    async close() {
      signal.removeEventListener('abort', close)
      await close()
    },
  }
}

const NONE: ModelAccess = { loopback: [], env: {}, close: async () => {} }

/** Beside the run's own folders, where it can go but not write; among the temporary ones when that name is too long for a socket. */
async function placeSocket(folder: string): Promise<{ path: string, remove?: () => Promise<void> }> {
  const path = join(folder, 'models.sock')
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES)
    return { path }
  const short = await mkdtemp(join(Buffer.byteLength(tmpdir()) < 60 ? tmpdir() : '/tmp', 'agentos-'))
  await chmod(short, 0o711)
  return { path: join(short, 'models.sock'), remove: () => rm(short, { recursive: true, force: true }) }
}

/** What the vendors' programs read, for those formats alone that the run has a model for. */
function environmentOf(formats: WireFormat[], url: string, token: string): Record<string, string> {
  return {
    ...(formats.includes('chat') && { OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: token }),
    ...(formats.includes('messages') && { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: token }),
    ...(formats.includes('gemini') && { GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: token }),
  }
}
