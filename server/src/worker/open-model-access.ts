import type { Spending } from '../budgets/spending.ts'
import type { Manifest } from '../domain/manifest/manifest.ts'
import type { Redactor } from '../domain/redact/redactor.ts'
import type { IsolationLevel } from '../domain/run.ts'
import type { Gateway } from '../models/gateway.ts'
import type { WirePlace } from '../models/wire/open-wire.ts'
import type { WireFormat } from '../models/wire/route.ts'
import type { OrderedLog } from './ordered-log.ts'
import type { RunAccess } from './run-access.ts'
import type { WorkspacePlace } from './workspace/place.ts'
import type { RequestWriter } from './write-request.ts'
import { recordWire } from './record-wire.ts'
import { NO_ACCESS, placeSocket } from './run-access.ts'

export interface ModelAccessOptions {
  gateway: Pick<Gateway, 'openWire'>
  spending: Spending
  manifest: Pick<Manifest, 'runtime' | 'model' | 'network' | 'cost'>
  runId: string
  level: IsolationLevel
  place: WorkspacePlace
  log: OrderedLog & { step: () => number }
  /** Of what may stand neither in the log nor with a provider. */
  redactor: Redactor
  requests: RequestWriter
  /** Aborted when the run is to end: its calls end at once. */
  signal: AbortSignal
}

/** On the loopback of a sandbox that has one of its own. */
export const MODEL_PORT = 4101

/**
 * Opens the gateway to the programs of one run, when its manifest names models for them (a model's own loop needs none of this). In a
 * sandbox with a loopback of its own it is a socket that is led there; else the programs are on this machine's loopback, where it
 * takes a free port.
 */
export async function openModelAccess(o: ModelAccessOptions): Promise<RunAccess> {
  const { gateway, spending, manifest, runId, level, place, log, redactor, requests, signal } = o
  if (manifest.runtime === 'llm' || manifest.model.length === 0)
    return NO_ACCESS
  const hasOwnLoopback = level === 'container' || level === 'sandbox'
  const socket = hasOwnLoopback ? await placeSocket(place, runId, 'models.sock') : null
  const at: WirePlace = socket ? { socketPath: socket.path, user: place.runUser } : { port: 0 }
  const recorder = recordWire({ log, redactor, spending, requests })
  const wire = await gateway.openWire({ place: at, models: manifest.model, recorder, redactor, mayBeUnpriced: manifest.cost === 'unmetered' })

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

/** What the vendors' programs read, for those formats alone that the run has a model for. */
function environmentOf(formats: WireFormat[], url: string, token: string): Record<string, string> {
  return {
    ...(formats.includes('chat') && { OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: token }),
    ...(formats.includes('messages') && { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: token }),
    ...(formats.includes('gemini') && { GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: token }),
  }
}
