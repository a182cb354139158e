import type { IncomingHttpHeaders } from 'node:http'
import type { HiddenValue } from '../../src/domain/redact/redactor.ts'
import type { ModelDelta } from '../../src/models/model-answer.ts'
import type { WireAnswer } from '../../src/models/wire/answer.ts'
import type { WireBounds } from '../../src/models/wire/bounds.ts'
import type { WireCall } from '../../src/models/wire/recorder.ts'
import type { Script, ScriptedProvider } from './scripted-provider.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createRedactor } from '../../src/domain/redact/redactor.ts'
import { createGateway } from '../../src/models/gateway.ts'
import { NO_MODELS } from '../worker/no-models.ts'
import { startScriptedProvider } from './scripted-provider.ts'

export const KEYS = { openai: 'sk-canary/openai+4711', claude: 'sk-ant-canary-0815', gemini: 'AIza-canary-1234' }

export interface Recorded { call: WireCall, deltas: ModelDelta[], answer: (WireAnswer & { durationMs: number, isFree: boolean }) | null }

export interface Asking {
  method?: string
  /** undefined: this run's token; null: none. */
  token?: string | null
  headers?: Record<string, string>
  body?: unknown
}

export interface Answered { status: number, headers: IncomingHttpHeaders, text: string, isWhole: boolean }

export interface TestWireOptions {
  models?: string[]
  bounds?: Partial<WireBounds>
  /** What no provider may see. */
  hidden?: HiddenValue[]
  /** On a port of the loopback, not on a socket. */
  onPort?: boolean
  maxOutputTokens?: number
  onRequested?: () => Promise<void>
  /** Models whose price nobody knows are refused. */
  isMetered?: boolean
}

/** A wire with everything real but the providers behind it, and what it records. */
export async function openTestWire(script: Script, o: TestWireOptions = {}) {
  const provider = await startScriptedProvider(script)
  const folder = await mkdtemp(join(tmpdir(), 'agentos-wire-'))
  const socketPath = join(folder, 'models.sock')
  const gateway = createGateway({
    ...NO_MODELS,
    openai: { apiKey: KEYS.openai, baseUrl: `${provider.url}/v1`, speaks: null },
    claude: { apiKey: KEYS.claude, baseUrl: provider.url },
    gemini: { apiKey: KEYS.gemini, baseUrl: provider.url },
  })
  const recorded: Recorded[] = []
  const wire = await gateway.openWire({
    place: o.onPort ? { port: 0 } : { socketPath, user: null },
    models: o.models ?? ['openai/gpt-5', 'claude/claude-*', 'gemini/gemini-2.5-pro'],
    recorder: {
      async requested(call) {
        await o.onRequested?.()
        const one: Recorded = { call, deltas: [], answer: null }
        recorded.push(one)
        return {
          maxOutputTokens: o.maxOutputTokens ?? null,
          delta: delta => void one.deltas.push(delta),
          async responded(answer) {
            if (one.answer)
              throw new Error('a call was recorded twice')
            one.answer = answer
          },
        }
      },
    },
    mayBeUnpriced: !o.isMetered,
    redactor: createRedactor(o.hidden ?? []),
    ...(o.bounds && { bounds: o.bounds }),
  })
  onTestFinished(async () => {
    await wire.close()
    await rm(folder, { recursive: true, force: true })
  })
  return { ...wireTools(wire.token, socketPath), provider: provider as ScriptedProvider, recorded, wire, socketPath, token: wire.token, port: wire.port }
}

function wireTools(token: string, socketPath: string) {
  function open(path: string, { method = 'POST', token: shown = token, headers = {}, body }: Asking = {}) {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
    const request = httpRequest({ socketPath, path, method, headers: { ...(shown !== null && { authorization: `Bearer ${shown}` }), 'content-type': 'application/json', ...headers } })
    request.end(text)
    return request
  }

  return {
    open,
    /** Resolves when the answer has ended, whole or not. */
    ask: (path: string, asking?: Asking) => new Promise<Answered>((resolve, reject) => {
      open(path, asking).on('error', reject).on('response', (response) => {
        let text = ''
        const done = () => resolve({ status: response.statusCode!, headers: response.headers, text, isWhole: response.complete })
        response.setEncoding('utf8').on('data', (piece: string) => text += piece).on('end', done).on('error', done)
      })
    }),
    /** Bytes as they are; resolves to all that came back, when the other side has closed the connection. */
    raw: (bytes: string | Buffer) => new Promise<string>((resolve) => {
      let text = ''
      const socket = connect(socketPath)
      socket.on('data', piece => text += piece.toString()).on('error', () => {}).on('close', () => resolve(text))
      socket.write(bytes)
    }),
  }
}
