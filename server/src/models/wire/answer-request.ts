import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Redactor } from '../../domain/redact/redactor.ts'
import type { AllowedModels } from './allowed-models.ts'
import type { WireBounds } from './bounds.ts'
import type { WireRecorder } from './recorder.ts'
import type { Relay } from './relay.ts'
import type { CallRoute, Route, WireFormat } from './route.ts'
import type { ErrorStatus } from './wire-error.ts'
import { askForUsage } from './ask-for-usage.ts'
import { requestHeaders } from './headers.ts'
import { listModels } from './list-models.ts'
import { boundOutput } from './output-bounds.ts'
import { createRoom, readBody } from './read-body.ts'
import { relay } from './relay.ts'
import { factsOf } from './request-facts.ts'
import { routeOf } from './route.ts'
import { showsToken } from './token.ts'
import { wireError } from './wire-error.ts'

export interface Answering {
  token: string
  models: AllowedModels
  recorder: WireRecorder
  bounds: WireBounds
  /** Takes out of requests what a provider may not see. */
  redactor: Redactor
  /** Aborted when the run is to end. */
  signal: AbortSignal
}

/** Answers each request of a run's programs: who asks, for what, is it allowed, write it down, pass it on. Never rejects. */
export function createAnswering(answering: Answering): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { token, models, recorder, bounds, redactor, signal } = answering
  const room = createRoom(bounds.maxWaitingBytes)
  let underWay = 0
  let calls = 0

  return async (request, response) => {
    const route = routeOf(request.method ?? '', request.url ?? '', request.headers)
    if (!showsToken(request, token))
      return refuse(response, formatOf(route), 401, 'Expected this run\'s token: OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY in the run\'s environment. Another key is of no use here.')
    if (route.kind === 'unknown')
      return refuse(response, route.format, route.status, route.problem)
    if (route.kind === 'models')
      return void response.writeHead(200, { 'content-type': 'application/json' }).end(listModels(route.shape, models.list()))
    if (underWay >= bounds.maxConcurrent)
      return refuse(response, route.format, 429, `${bounds.maxConcurrent} calls of this run are under way, which is the most at a time; wait for one to end.`)
    underWay++
    try {
      await call(route, request, response)
    }
    catch {
      response.destroy() // its record could not be written: the run is ended for that
    }
    finally {
      underWay--
    }
  }

  async function call(route: CallRoute, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const read = await readBody(request, { format: route.format, maxBytes: bounds.maxBodyBytes, room, redactor })
    if (!read.ok)
      return refuse(response, route.format, read.status, read.problem)
    const { body, facts, heldBytes } = read
    try {
      const found = models.find(route.format, route.model ?? facts.model)
      if (!found.ok)
        return refuse(response, route.format, 403, found.problem)
      if (route.model !== null && facts.model !== null && facts.model !== route.model && facts.model !== `models/${route.model}`)
        return refuse(response, route.format, 400, `Expected the model of the address, ${route.model}, got another in the body.`)
      if (signal.aborted)
        return refuse(response, route.format, 503, 'The run is ending.')
      if (++calls > bounds.maxCalls)
        return refuse(response, route.format, 403, `This run has made ${bounds.maxCalls} calls, which is the most that one may make.`)
      const { endpoint, model } = found
      const { messages, tools, output } = facts
      const record = await recorder.requested({
        model,
        messages,
        tools,
        body,
        parts: messages + tools.length,
        maxOutputTokens: output.asked,
        answers: output.answers,
        hasUnseen: output.hasUnseen,
        isCount: route.isCount,
      })
      if ('refused' in record)
        return refuse(response, route.format, 403, record.refused)
      const headers = requestHeaders(request.headers, endpoint.credentials, endpoint.defaults)
      const { maxOutputTokens } = record
      const bounded = maxOutputTokens === null || route.isCount ? body : boundOutput(body, output, { format: route.format, model, maxOutputTokens })
      const asked = route.format === 'chat' && facts.isStream ? askForUsage(bounded, bounded === body ? facts : factsOf(route.format, bounded)) : { body: bounded, wasAsked: true }
      await relay({ route, endpoint, model, headers, body: asked.body, hidesUsage: !asked.wasAsked, response, record, signal, bounds } satisfies Relay)
    }
    finally {
      room.give(heldBytes)
    }
  }
}

function formatOf(route: Route): WireFormat {
  if (route.kind !== 'models')
    return route.format
  return route.shape === 'openai' ? 'chat' : route.shape === 'anthropic' ? 'messages' : 'gemini'
}

/** Whoever is refused before its body was read may still be sending it: the connection ends with the answer. */
function refuse(response: ServerResponse, format: WireFormat, status: ErrorStatus, problem: string): void {
  response.writeHead(status, { 'content-type': 'application/json', ...(status === 429 && { 'retry-after': '1' }), ...(!response.req.complete && { connection: 'close' }) })
  response.end(wireError(format, status, problem))
}
